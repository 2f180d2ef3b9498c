// From the JSON Schema of an action's parameters to the fields of a form. What no field can show is edited as JSON.

export type Kind =
  | "text" | "textarea" | "sql" | "number" | "boolean" | "choice" | "texts" | "codes" | "either" | "secret" | "secrets"
  | "key-value" | "object" | "list" | "json" | "accounts" | "account-tags" | "account-groups" | "alert-rule"
  | "alert-rules" | "script" | "program" | "event-subject" | "condition" | "cron" | "time-zone" | "task";

export interface Spec {
  name: string;
  kind: Kind;
  title: string;
  help: string;
  required: boolean;
  /** It can be left out altogether: null says the same. */
  nullable: boolean;
  advanced: boolean;
  default: unknown;
  choices: { value: string; label: string }[];
  integer: boolean;
  minimum: number | null;
  maximum: number | null;
  maxLength: number | null;
  maxItems: number | null;
  example: string | null;
  /** Of an object. */
  fields: Spec[];
  /** Of a list. */
  item: Spec | null;
}

export type Schema = Record<string, unknown>;

const DEEPEST = 6;
const LONG_TEXT = 4_000;
const OF_STRINGS: Partial<Record<string, Kind>> = { accounts: "accounts", "account-tags": "account-tags", "account-groups": "account-groups", "alert-rules": "alert-rules", program: "program", codes: "codes" };
const OF_TEXT: Partial<Record<string, Kind>> = { "alert-rule": "alert-rule", script: "script", "event-subject": "event-subject", condition: "condition", textarea: "textarea", "code:sql": "sql", cron: "cron", "time-zone": "time-zone", task: "task" };

/** The fields of a whole form; null: it is no object with known fields, and only JSON can show it. */
export function specsOf(schema: Schema): Spec[] | null {
  const whole = resolved(schema, schema, 0);
  if (whole.type !== "object" || !isSchema(whole.properties)) return null;
  return fieldsOf(whole, schema, 0);
}

function fieldsOf(schema: Schema, root: Schema, depth: number): Spec[] {
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(schema.properties as Record<string, unknown>)
    .filter((entry): entry is [string, Schema] => isSchema(entry[1]))
    .map(([name, each]) => specOf(name, each, root, required.includes(name), depth + 1));
}

function specOf(name: string, given: Schema, root: Schema, required: boolean, depth: number): Spec {
  const { schema, nullable } = plain(given, root, depth);
  const spec: Spec = {
    name,
    kind: kindOf(schema, root, depth),
    title: text(schema.title) ?? name,
    help: text(schema.description) ?? "",
    required,
    nullable,
    advanced: schema["x-advanced"] === true,
    default: schema.default,
    choices: choicesOf(schema),
    integer: schema.type === "integer",
    minimum: number(schema.minimum) ?? number(schema.exclusiveMinimum),
    maximum: number(schema.maximum) ?? number(schema.exclusiveMaximum),
    maxLength: number(schema.maxLength),
    maxItems: number(schema.maxItems),
    example: Array.isArray(schema.examples) ? String(schema.examples[0]) : null,
    fields: [],
    item: null,
  };
  if (spec.kind === "object") spec.fields = fieldsOf(schema, root, depth);
  if (spec.kind === "list" && isSchema(schema.items)) spec.item = specOf("", schema.items, root, true, depth + 1);
  return spec;
}

/** Without references, and without "or null". */
function plain(given: Schema, root: Schema, depth: number): { schema: Schema; nullable: boolean } {
  const whole = resolved(given, root, depth);
  const branches = branchesOf(whole);
  if (!branches) return { schema: whole, nullable: false };
  const others = branches.filter((each) => each.type !== "null");
  const only = others.length === 1 ? others[0] : undefined;
  if (!only) return { schema: whole, nullable: others.length < branches.length };
  const rest = without(whole, "anyOf", "oneOf");
  return { schema: { ...resolved(only, root, depth), ...rest }, nullable: others.length < branches.length };
}

function branchesOf(schema: Schema): Schema[] | null {
  const branches = schema.anyOf ?? schema.oneOf;
  return Array.isArray(branches) ? branches.filter(isSchema) : null;
}

function resolved(schema: Schema, root: Schema, depth: number): Schema {
  const reference = text(schema.$ref);
  if (!reference || depth > DEEPEST) return schema;
  const rest = without(schema, "$ref");
  const definitions = isSchema(root.$defs) ? root.$defs : {};
  const found = definitions[reference.replace("#/$defs/", "")];
  return isSchema(found) ? { ...resolved(found, root, depth + 1), ...rest } : rest;
}

function without(schema: Schema, ...keys: string[]): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !keys.includes(key)));
}

function kindOf(schema: Schema, root: Schema, depth: number): Kind {
  const widget = text(schema["x-widget"]) ?? "";
  if (widget === "code:json" || depth > DEEPEST) return "json";
  if (Array.isArray(schema.enum) || schema.const !== undefined) return "choice";
  switch (schema.type) {
    case "string":
      if (schema["x-secret"] === true) return "secret";
      return OF_TEXT[widget] ?? ((number(schema.maxLength) ?? 0) > LONG_TEXT && widget === "" && !schema.format ? "textarea" : "text");
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "array":
      return arrayKind(schema, root, depth, widget);
    case "object":
      return objectKind(schema, widget);
    default:
      return isEither(schema) ? "either" : "json";
  }
}

function arrayKind(schema: Schema, root: Schema, depth: number, widget: string): Kind {
  const known = OF_STRINGS[widget];
  if (known) return known;
  const tuple = Array.isArray(schema.prefixItems) ? schema.prefixItems : null;
  if (tuple) return tuple.every((each) => isSchema(each) && each.type === "integer") ? "codes" : "json";
  if (!isSchema(schema.items)) return "json";
  const item = plain(schema.items, root, depth).schema;
  if (item.type === "string") return "texts";
  return item.type === "object" && isSchema(item.properties) ? "list" : "json";
}

function objectKind(schema: Schema, widget: string): Kind {
  if (isSchema(schema.properties)) return "object";
  if (widget === "key-value" || isSchema(schema.patternProperties)) return "key-value";
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

function choicesOf(schema: Schema): Spec["choices"] {
  const values = Array.isArray(schema.enum) ? schema.enum : schema.const === undefined ? [] : [schema.const];
  const said = isSchema(schema["x-choices"]) ? schema["x-choices"] : {};
  return values.map((value) => ({ value: String(value), label: text(said[String(value)]) ?? String(value) }));
}

/** `value` with one field set; what is empty, or as it would be anyway, is left out. */
export function withField(value: Record<string, unknown>, spec: Spec, field: unknown): Record<string, unknown> {
  const after = { ...value, [spec.name]: field };
  if (isLeftOut(spec, field)) delete after[spec.name];
  return after;
}

function isLeftOut(spec: Spec, field: unknown): boolean {
  if (field === undefined) return true;
  if (field === null) return spec.kind !== "json" || spec.default === null;
  if (spec.required) return field === "";
  if (spec.default !== undefined && JSON.stringify(spec.default) === JSON.stringify(field)) return true;
  if (field === "") return true;
  if (Array.isArray(field)) return field.length === 0 && !Array.isArray(spec.default);
  const isPlainObject = typeof field === "object";
  return isPlainObject && Object.keys(field).length === 0 && !spec.nullable;
}

/** What a switched-on object begins with: what it must have and what is chosen anyway. */
export function beginning(spec: Spec): Record<string, unknown> {
  const entries = spec.fields
    .filter((each) => each.required && each.kind === "choice" && each.choices[0])
    .map((each): [string, unknown] => [each.name, each.choices[0]?.value]);
  return Object.fromEntries(entries);
}

export function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function number(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
