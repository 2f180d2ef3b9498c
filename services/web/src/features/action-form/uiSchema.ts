// From the JSON Schema of an action's parameters to what react-jsonschema-form draws: a schema without references, unions
// and defaults, and a `uiSchema` made of the hints (`x-widget`, `x-advanced`, `x-choices`, `x-secret`).
//
// Defaults are hints only. Left in the schema, the form would write them into every task, and a task would no longer
// follow when an action's default changes.
import type { RJSFSchema, UiSchema } from "@rjsf/utils";
import { isSchema, type Kind, kindOf, languageOf, number, plain, resolved, type Schema, text } from "./kinds";

export interface Choice {
  value: string;
  label: string;
  /** As it stands in the schema: not every choice is a text. */
  raw: unknown;
}

/** What our templates, widgets and fields are told of a field: its `ui:options`. */
export interface Hints {
  kind: Kind;
  required: boolean;
  /** It can be left out altogether: null says the same. */
  nullable: boolean;
  advanced: boolean;
  /** It needs a row of its own. */
  wide: boolean;
  /** The default. */
  otherwise: string | number | boolean | object | null | undefined;
  choices: Choice[];
  integer: boolean;
  minimum: number | null;
  maximum: number | null;
  maxLength: number | null;
  maxItems: number | null;
  example: string | null;
  language: string | null;
}

export interface Drawn {
  schema: RJSFSchema;
  uiSchema: UiSchema;
}

/** An address. */
const LONG_LINE = 2_048;
const WIDE: ReadonlySet<Kind> = new Set(["json", "code", "textarea", "key-value", "secrets", "object", "list", "program", "condition", "texts", "accounts", "alert-rules"]);
/** These are shown by a field; of the others a field of rjsf's own finds the widget. */
const FIELDS: ReadonlySet<Kind> = new Set(["object", "list", "json", "either", "key-value", "secrets"]);
const OF_ARRAYS: ReadonlySet<Kind> = new Set(["texts", "codes", "accounts", "account-tags", "account-groups", "alert-rules", "program"]);

/** The whole form; null: it is no object with known fields, and only JSON can show it. */
export function drawn(schema: Schema): Drawn | null {
  const whole = resolved(schema, schema, 0);
  if (whole.type !== "object" || !isSchema(whole.properties)) return null;
  return drawnObject(whole, schema, 0);
}

/** The same form without one of its fields. */
export function hiding(form: Drawn, name: string): Drawn {
  return name in (form.schema.properties ?? {}) ? { ...form, uiSchema: { ...form.uiSchema, [name]: { "ui:widget": "hidden" } } } : form;
}

/** Names and titles of the fields that are shown. */
export function fieldsOf(form: Drawn): { name: string; title: string }[] {
  return Object.entries(form.schema.properties ?? {})
    .filter(([name]) => (form.uiSchema[name] as UiSchema | undefined)?.["ui:widget"] !== "hidden")
    .map(([name, each]) => ({ name, title: (typeof each === "object" && each.title) || name }));
}

export function hintsOf(uiSchema: UiSchema | undefined): Hints | undefined {
  return uiSchema?.["ui:options"] as Hints | undefined;
}

function drawnObject(schema: Schema, root: Schema, depth: number): Drawn {
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  const fields = Object.entries(schema.properties as Record<string, unknown>)
    .filter((entry): entry is [string, Schema] => isSchema(entry[1]))
    .map(([name, each]): [string, Drawn] => [name, drawnField(name, each, root, required.includes(name), depth + 1)]);
  return {
    schema: { type: "object", required, properties: Object.fromEntries(fields.map(([name, each]) => [name, each.schema])) },
    uiSchema: { ...Object.fromEntries(fields.map(([name, each]) => [name, each.uiSchema])), "ui:order": fields.map(([name]) => name) },
  };
}

function drawnField(name: string, given: Schema, root: Schema, required: boolean, depth: number): Drawn {
  const { schema, nullable } = plain(given, root, depth);
  const kind = kindOf(schema, root, depth);
  const maxLength = number(schema.maxLength);
  const hints: Hints = {
    kind,
    required,
    nullable,
    advanced: schema["x-advanced"] === true,
    wide: WIDE.has(kind) || maxLength === LONG_LINE,
    otherwise: schema.default as Hints["otherwise"],
    choices: choicesOf(schema),
    integer: schema.type === "integer",
    minimum: number(schema.minimum) ?? number(schema.exclusiveMinimum),
    maximum: number(schema.maximum) ?? number(schema.exclusiveMaximum),
    maxLength,
    maxItems: number(schema.maxItems),
    example: Array.isArray(schema.examples) ? String(schema.examples[0]) : null,
    language: languageOf(schema),
  };
  const said = { title: text(schema.title) ?? name, description: text(schema.description) ?? "" };
  const ui: UiSchema = { [FIELDS.has(kind) ? "ui:field" : "ui:widget"]: kind, "ui:options": { ...hints } };
  if (kind === "object") {
    const inner = drawnObject(schema, root, depth);
    return { schema: { ...inner.schema, ...said }, uiSchema: { ...inner.uiSchema, ...ui } };
  }
  if (kind === "list" && isSchema(schema.items)) {
    const item = drawnField("", schema.items, root, true, depth + 1);
    return { schema: { type: "array", items: item.schema, ...said }, uiSchema: { items: item.uiSchema, ...ui } };
  }
  return { schema: { ...shapeOf(kind), ...said }, uiSchema: ui };
}

/** Enough of a schema for rjsf to choose its field; what is wrong with a value is judged by the whole one. */
function shapeOf(kind: Kind): RJSFSchema {
  if (FIELDS.has(kind)) return {};
  if (OF_ARRAYS.has(kind)) return { type: "array", items: { type: "string" } };
  if (kind === "number" || kind === "boolean") return { type: kind };
  return { type: "string" };
}

function choicesOf(schema: Schema): Choice[] {
  const values = Array.isArray(schema.enum) ? schema.enum : schema.const === undefined ? [] : [schema.const];
  const said = isSchema(schema["x-choices"]) ? schema["x-choices"] : {};
  return values.map((raw) => ({ value: String(raw), label: text(said[String(raw)]) ?? String(raw), raw }));
}
