// What one piece of a JSON Schema is in a form: which widget or field shows it. What none can show is edited as JSON.

export type Schema = Record<string, unknown>;

export type Kind =
  | "text" | "textarea" | "code" | "number" | "boolean" | "choice" | "texts" | "codes" | "either" | "secret" | "secrets"
  | "key-value" | "object" | "list" | "json" | "accounts" | "account-tags" | "account-groups" | "alert-rule"
  | "alert-rules" | "script" | "program" | "event-subject" | "condition" | "cron" | "time-zone" | "task";

/** References deeper than this are edited as JSON: definitions may contain themselves. */
export const DEEPEST = 6;
const LONG_TEXT = 4_000;
const CODE = /^code:(sql|yaml|python)$/;
const OF_STRINGS: Partial<Record<string, Kind>> = { accounts: "accounts", "account-tags": "account-tags", "account-groups": "account-groups", "alert-rules": "alert-rules", program: "program", codes: "codes" };
const OF_TEXT: Partial<Record<string, Kind>> = { "alert-rule": "alert-rule", script: "script", "event-subject": "event-subject", condition: "condition", textarea: "textarea", cron: "cron", "time-zone": "time-zone", task: "task" };

export function kindOf(schema: Schema, root: Schema, depth: number): Kind {
  const hint = text(schema["x-widget"]) ?? "";
  if (hint === "code:json" || depth > DEEPEST) return "json";
  if (Array.isArray(schema.enum) || schema.const !== undefined) return "choice";
  switch (schema.type) {
    case "string":
      return textKind(schema, hint);
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "array":
      return arrayKind(schema, root, depth, hint);
    case "object":
      return objectKind(schema, hint);
    default:
      return isEither(schema) ? "either" : "json";
  }
}

/** The language of a code editor. */
export function languageOf(schema: Schema): string | null {
  return CODE.exec(text(schema["x-widget"]) ?? "")?.[1] ?? null;
}

function textKind(schema: Schema, hint: string): Kind {
  if (schema["x-secret"] === true) return "secret";
  if (CODE.test(hint)) return "code";
  const isLong = (number(schema.maxLength) ?? 0) > LONG_TEXT && hint === "" && !schema.format;
  return OF_TEXT[hint] ?? (isLong ? "textarea" : "text");
}

function arrayKind(schema: Schema, root: Schema, depth: number, hint: string): Kind {
  const known = OF_STRINGS[hint];
  if (known) return known;
  const tuple = Array.isArray(schema.prefixItems) ? schema.prefixItems : null;
  if (tuple) return tuple.every((each) => isSchema(each) && each.type === "integer") ? "codes" : "json";
  if (!isSchema(schema.items)) return "json";
  const item = plain(schema.items, root, depth).schema;
  if (item.type === "string") return "texts";
  return item.type === "object" && isSchema(item.properties) ? "list" : "json";
}

function objectKind(schema: Schema, hint: string): Kind {
  if (isSchema(schema.properties)) return "object";
  if (hint === "key-value" || isSchema(schema.patternProperties)) return "key-value";
  const value = schema.additionalProperties;
  if (!isSchema(value)) return "json";
  if (value["x-secret"] === true) return "secrets";
  return value.type === "string" ? "key-value" : "json";
}

/** A number or a text, as of `version`. */
function isEither(schema: Schema): boolean {
  const branches = branchesOf(schema);
  return !!branches && branches.every((each) => each.type === "integer" || each.type === "string" || each.type === "number");
}

/** Without references, and without "or null". */
export function plain(given: Schema, root: Schema, depth: number): { schema: Schema; nullable: boolean } {
  const whole = resolved(given, root, depth);
  const branches = branchesOf(whole);
  if (!branches) return { schema: whole, nullable: false };
  const others = branches.filter((each) => each.type !== "null");
  const nullable = others.length < branches.length;
  const only = others.length === 1 ? others[0] : undefined;
  if (!only) return { schema: whole, nullable };
  return { schema: { ...resolved(only, root, depth), ...without(whole, "anyOf", "oneOf") }, nullable };
}

export function resolved(schema: Schema, root: Schema, depth: number): Schema {
  const reference = text(schema.$ref);
  if (!reference || depth > DEEPEST) return schema;
  const rest = without(schema, "$ref");
  const definitions = isSchema(root.$defs) ? root.$defs : {};
  const found = definitions[reference.replace("#/$defs/", "")];
  return isSchema(found) ? { ...resolved(found, root, depth + 1), ...rest } : rest;
}

function branchesOf(schema: Schema): Schema[] | null {
  const branches = schema.anyOf ?? schema.oneOf;
  return Array.isArray(branches) ? branches.filter(isSchema) : null;
}

function without(schema: Schema, ...keys: string[]): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !keys.includes(key)));
}

export function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

export function number(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
