import { describe, expect, it } from "vitest";
import { say, type Values } from "@/app/texts";
import type { Schema } from "./kinds";
import { ACTIONS } from "./texts";
import { problemsWith } from "./validate";

const t = (key: keyof typeof ACTIONS, values?: Values) => say(ACTIONS, key, "en", values);
const SCHEMA: Schema = {
  type: "object",
  required: ["url"],
  $defs: { Inner: { type: "object", required: ["secret"], properties: { secret: { type: "string" } } } },
  properties: {
    url: { type: "string", minLength: 1 },
    seconds: { type: "number", minimum: 1, maximum: 300 },
    inner: { anyOf: [{ $ref: "#/$defs/Inner" }, { type: "null" }] },
    name: { type: "string", pattern: "^[a-z]+$" },
  },
};

describe("problems by the schema", () => {
  it.each([
    [{ url: "x" }, []],
    [{}, [["/url", "Required"]]],
    [{ url: "" }, [["/url", "Required"]]],
    [{ url: "x", seconds: 0 }, [["/seconds", "Must be at least 1"]]],
    [{ url: "x", seconds: 301 }, [["/seconds", "Must be at most 300"]]],
    [{ url: "x", name: "A" }, [["/name", "Not of the right form"]]],
    [{ url: "x", inner: {} }, [["/inner/secret", "Required"]]],
    [{ url: "x", inner: null }, []],
  ])("%j", (value, expected) => {
    expect(problemsWith(SCHEMA, value, t).map((each) => [each.pointer, each.detail])).toEqual(expected);
  });
});
