import { describe, expect, it } from "vitest";
import { beginning, type Schema, specsOf, withField } from "./spec";

// As pydantic writes it.
const SCHEMA: Schema = {
  type: "object",
  additionalProperties: false,
  required: ["url"],
  $defs: {
    JsonValue: {},
    Auth: {
      type: "object",
      required: ["type", "secret"],
      properties: {
        type: { type: "string", enum: ["bearer", "basic"], title: "Kind", "x-choices": { bearer: "a token", basic: "a password" } },
        secret: { type: "string", pattern: "^[a-z]", "x-secret": true, title: "Secret" },
      },
    },
    Step: { type: "object", properties: { percent: { type: "integer", minimum: 1, maximum: 100, title: "Percent" } } },
  },
  properties: {
    url: { type: "string", title: "URL", description: "Where to", maxLength: 2048 },
    auth: { anyOf: [{ $ref: "#/$defs/Auth" }, { type: "null" }], default: null, title: "Authentication" },
    headers: { type: "object", additionalProperties: { type: "string" }, "x-widget": "key-value", title: "Headers" },
    hidden: { type: "object", additionalProperties: { type: "string", "x-secret": true }, title: "Hidden" },
    json: { $ref: "#/$defs/JsonValue", default: null, "x-widget": "code:json", title: "JSON" },
    steps: { type: "array", items: { $ref: "#/$defs/Step" }, maxItems: 20, title: "Steps" },
    tags: { type: "array", items: { type: "string" }, default: [], title: "Tags" },
    between: { type: "array", prefixItems: [{ type: "integer" }, { type: "integer" }], title: "Between" },
    version: { anyOf: [{ type: "integer" }, { type: "string" }], default: "latest", title: "Version" },
    seconds: { type: "number", exclusiveMinimum: 0, default: 30, title: "Seconds", "x-advanced": true },
    follow: { type: "boolean", default: true, title: "Follow" },
    statement: { type: "string", "x-widget": "code:sql", title: "SQL" },
    odd: { oneOf: [{ type: "object" }, { type: "array" }], title: "Odd" },
  },
};

const specs = specsOf(SCHEMA) ?? [];
const by = Object.fromEntries(specs.map((each) => [each.name, each]));
const spec = (name: string) => by[name] ?? (() => { throw new Error(name); })();

describe("fields of a schema", () => {
  it("keeps their order and finds what each one is", () => {
    expect(specs.map((each) => [each.name, each.kind])).toEqual([
      ["url", "text"], ["auth", "object"], ["headers", "key-value"], ["hidden", "secrets"], ["json", "json"], ["steps", "list"],
      ["tags", "texts"], ["between", "codes"], ["version", "either"], ["seconds", "number"], ["follow", "boolean"],
      ["statement", "sql"], ["odd", "json"],
    ]);
  });

  it("looks through references and 'or null'", () => {
    expect(spec("auth")).toMatchObject({ title: "Authentication", nullable: true, required: false });
    expect(spec("auth").fields.map((each) => [each.name, each.kind, each.required])).toEqual([["type", "choice", true], ["secret", "secret", true]]);
    expect(spec("auth").fields[0]?.choices[0]).toEqual({ value: "bearer", label: "a token" });
    expect(spec("steps").item?.fields[0]).toMatchObject({ title: "Percent", integer: true, minimum: 1, maximum: 100 });
    expect(spec("seconds")).toMatchObject({ advanced: true, integer: false, default: 30 });
  });

  it("leaves what is no object with fields to JSON", () => {
    expect(specsOf({ type: "array" })).toBeNull();
    expect(specsOf({})).toBeNull();
  });

  it("ends with definitions that contain themselves", () => {
    const tree: Schema = { $defs: { T: { type: "object", properties: { t: { $ref: "#/$defs/T" } } } }, type: "object", properties: { t: { $ref: "#/$defs/T" } } };
    expect(specsOf(tree)?.[0]?.kind).toBe("object");
  });
});

describe("values", () => {
  it("leaves out what is empty or as it would be anyway", () => {
    expect(withField({ seconds: 5 }, spec("seconds"), 30)).toEqual({});
    expect(withField({}, spec("seconds"), 5)).toEqual({ seconds: 5 });
    expect(withField({ url: "x" }, spec("url"), "")).toEqual({});
    expect(withField({}, spec("follow"), false)).toEqual({ follow: false });
    expect(withField({ tags: ["a"] }, spec("tags"), [])).toEqual({});
    expect(withField({ headers: { a: "b" } }, spec("headers"), {})).toEqual({});
    expect(withField({}, spec("auth"), {})).toEqual({ auth: {} });
    expect(withField({ auth: {} }, spec("auth"), null)).toEqual({});
  });

  it("begins an object with what must be chosen", () => {
    expect(beginning(spec("auth"))).toEqual({ type: "bearer" });
  });
});
