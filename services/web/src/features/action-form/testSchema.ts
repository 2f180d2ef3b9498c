// The parameters of an action as pydantic writes them, with every kind of field; for tests.
import type { Schema } from "./kinds";

export const SCHEMA: Schema = {
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
    Retry: { type: "object", properties: { times: { type: "integer", default: 0, title: "Times" }, pause: { type: "integer", default: 1, title: "Pause" } } },
  },
  properties: {
    url: { type: "string", title: "URL", description: "Where to", maxLength: 2048 },
    auth: { anyOf: [{ $ref: "#/$defs/Auth" }, { type: "null" }], default: null, title: "Authentication" },
    headers: { type: "object", additionalProperties: { type: "string" }, "x-widget": "key-value", title: "Headers" },
    hidden: { type: "object", additionalProperties: { type: "string", "x-secret": true }, title: "Hidden" },
    json: { $ref: "#/$defs/JsonValue", default: null, "x-widget": "code:json", title: "JSON" },
    steps: { type: "array", items: { $ref: "#/$defs/Step" }, maxItems: 2, title: "Steps" },
    tags: { type: "array", items: { type: "string" }, default: [], title: "Tags" },
    between: { type: "array", prefixItems: [{ type: "integer" }, { type: "integer" }], title: "Between" },
    version: { anyOf: [{ type: "integer" }, { type: "string" }], default: "latest", title: "Version" },
    seconds: { type: "number", exclusiveMinimum: 0, default: 30, title: "Seconds", "x-advanced": true },
    follow: { type: "boolean", default: true, title: "Follow" },
    statement: { type: "string", "x-widget": "code:sql", title: "SQL" },
    retry: { $ref: "#/$defs/Retry", default: { times: 3, pause: 1 }, title: "Retry" },
    odd: { oneOf: [{ type: "object" }, { type: "array" }], title: "Odd" },
  },
};
