// What stays of the values of a form: what somebody changed to nothing, or to what it would be anyway, is left out.
// Fields that nobody has been at keep what they say.
import type { UiSchema } from "@rjsf/utils";
import { hintsOf, type Hints } from "./uiSchema";

export type Value = Record<string, unknown>;

/** `after` with the fields that differ from `before` tidied. */
export function tidied(before: Value, after: Value, uiSchema: UiSchema): Value {
  const kept: Value = {};
  for (const [name, field] of Object.entries(after)) {
    if (isSame(before[name], field) && name in before) {
      kept[name] = field;
      continue;
    }
    const ui = uiSchema[name] as UiSchema | undefined;
    const hints = hintsOf(ui);
    const tidy = ui ? tidiedField(before[name], field, ui) : field;
    if (tidy === undefined || (hints && isLeftOut(hints, tidy))) continue;
    kept[name] = tidy;
  }
  return kept;
}

function tidiedField(before: unknown, field: unknown, ui: UiSchema): unknown {
  const hints = hintsOf(ui);
  if (hints?.kind === "object" && isObject(field)) return tidied(isObject(before) ? before : standing(hints), field, ui);
  if (hints?.kind !== "list" || !Array.isArray(field)) return field;
  const item = ui.items as UiSchema;
  const items = Array.isArray(before) ? (before as unknown[]) : [];
  // After one was added or removed it is not known which was which.
  if (items.length === field.length) return field.map((each: unknown, at) => (isObject(each) ? tidied(objectOr(items[at]), each, item) : each));
  return field.map((each: unknown, at) => (at >= items.length && isEmpty(each) ? beginning(item) : each));
}

/** What an object that is switched on, or a new item, begins with: what must be chosen. */
export function beginning(uiSchema: UiSchema): Value {
  const entries = ((uiSchema["ui:order"] as string[] | undefined) ?? []).flatMap((name): [string, unknown][] => {
    const hints = hintsOf(uiSchema[name] as UiSchema);
    const first = hints?.required && hints.kind === "choice" ? hints.choices[0] : undefined;
    return first ? [[name, first.raw]] : [];
  });
  return Object.fromEntries(entries);
}

/** What stands in an object that nobody has touched. */
export function standing(hints: Hints | undefined): Value {
  return objectOr(hints?.otherwise);
}

function isLeftOut(hints: Hints, field: unknown): boolean {
  if (field === null) return hints.kind !== "json" || hints.otherwise === null;
  if (hints.required) return field === "";
  if (hints.otherwise !== undefined && isSame(hints.otherwise, field)) return true;
  if (field === "") return true;
  if (Array.isArray(field)) return field.length === 0 && !Array.isArray(hints.otherwise);
  return isObject(field) && Object.keys(field).length === 0 && !hints.nullable;
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (isObject(value) && Object.keys(value).length === 0);
}

export function isObject(value: unknown): value is Value {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectOr(value: unknown): Value {
  return isObject(value) ? value : {};
}
