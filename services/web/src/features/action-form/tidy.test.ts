import { describe, expect, it } from "vitest";
import { SCHEMA } from "./testSchema";
import { beginning, tidied, type Value } from "./tidy";
import { drawn } from "./uiSchema";

const { uiSchema } = drawn(SCHEMA)!;
const after = (before: Value, change: Value) => tidied(before, { ...before, ...change }, uiSchema);

describe("values", () => {
  it.each<[Value, Value, Value]>([
    [{ seconds: 5 }, { seconds: 30 }, {}],
    [{}, { seconds: 5 }, { seconds: 5 }],
    [{ url: "x" }, { url: "" }, {}],
    [{ url: "x" }, { url: undefined }, {}],
    [{}, { follow: false }, { follow: false }],
    [{ tags: ["a"] }, { tags: [] }, {}],
    [{ headers: { a: "b" } }, { headers: {} }, {}],
    [{}, { auth: {} }, { auth: {} }],
    [{ auth: { type: "basic" } }, { auth: null }, {}],
    [{}, { json: false }, { json: false }],
  ])("%j with %j leaves out what is empty or as it would be anyway", (before, change, expected) => {
    expect(after(before, change)).toEqual(expected);
  });

  it("keeps what somebody else wrote, though it says nothing new", () => {
    expect(after({ seconds: 30, follow: true, unknown: 1 }, { url: "x" })).toEqual({ seconds: 30, follow: true, unknown: 1, url: "x" });
    expect(after({ auth: { type: "basic", more: "" } }, { auth: { type: "basic", more: "", secret: "a" } })).toEqual({ auth: { type: "basic", more: "", secret: "a" } });
  });

  it("tells what stood in an untouched object from what was changed", () => {
    expect(after({}, { retry: { times: 5, pause: 1 } })).toEqual({ retry: { times: 5, pause: 1 } });
    expect(after({ retry: { times: 5, pause: 1 } }, { retry: { times: 3, pause: 1 } })).toEqual({});
  });

  it("tidies the items of lists, and leaves them when one goes", () => {
    expect(after({ steps: [{ percent: 1 }] }, { steps: [{ percent: undefined }] })).toEqual({ steps: [{}] });
    expect(after({ steps: [{ percent: 1 }, { percent: 2 }] }, { steps: [{ percent: 2 }] })).toEqual({ steps: [{ percent: 2 }] });
    expect(after({}, { steps: [undefined] })).toEqual({ steps: [{}] });
  });

  it("begins an object with what must be chosen", () => {
    expect(beginning(uiSchema.auth!)).toEqual({ type: "bearer" });
  });
});
