import { describe, expect, it } from "vitest";
import { bodyOf, NO_FILTER, queryOf } from "./api";

describe("a filter", () => {
  it("asks for what is set and nothing else", () => {
    expect(queryOf({ ...NO_FILTER, tag: "vip", held: "true" })).toEqual({ tag: "vip", held: "true" });
    expect(queryOf(NO_FILTER)).toEqual({});
  });

  it("is the same in a body, where truth is no word", () => {
    expect(bodyOf({ ...NO_FILTER, q: "小編", active: "false", held: "true" })).toEqual({ q: "小編", active: false, held: true });
    expect(bodyOf(NO_FILTER)).toEqual({});
  });
});
