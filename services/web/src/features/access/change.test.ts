import { expect, test } from "vitest";
import { changes, pageOf } from "./change";

test("only what differs is told, part by part", () => {
  const before = { name: "a", enabled: true, retry: { max_attempts: 3, backoff: 2 }, tags: ["x"] };
  const after = { name: "a", enabled: false, retry: { max_attempts: 5, backoff: 2 }, tags: ["x", "y"] };
  expect(changes(before, after)).toEqual([
    { field: "enabled", before: "true", after: "false" },
    { field: "retry.max_attempts", before: "3", after: "5" },
    { field: "tags", before: '[\n "x"\n]', after: '[\n "x",\n "y"\n]' },
  ]);
});

test("what was not there before, or is gone, is absent, which null is not", () => {
  expect(changes(null, { email: null })).toEqual([{ field: "email", before: null, after: "null" }]);
  expect(changes({ name: "x" }, null)).toEqual([{ field: "name", before: "x", after: null }]);
  expect(changes(null, null)).toEqual([]);
  expect(changes({ a: {} }, { a: {} })).toEqual([]);
});

test("an object that was empty is told by its parts alone", () => {
  expect(changes({ policy: {} }, { policy: { retry: { max_attempts: 5 } } })).toEqual([{ field: "policy.retry.max_attempts", before: null, after: "5" }]);
});

test("an id never breaks out of its address", () => {
  expect(pageOf("account", "a/../b?x")).toBe("/accounts/a%2F..%2Fb%3Fx");
  expect(pageOf("nothing", "x")).toBeNull();
});
