// What is wrong with parameters by their schema, before the server is asked. Interpreted, never compiled: the content
// security policy forbids making code from text. Only what a person can mend at one field is told.
import { type Schema as JsonSchema, Validator } from "@cfworker/json-schema";
import type { FieldProblem } from "@/api/problem";
import type { Translate } from "@/app/texts";
import type { Schema } from "./kinds";
import type { ACTIONS } from "./texts";

type Say = Translate<keyof typeof ACTIONS & string>;

export function problemsWith(schema: Schema, value: unknown, t: Say): FieldProblem[] {
  const found: FieldProblem[] = [];
  for (const each of new Validator(schema as JsonSchema, "2020-12", false).validate(value).errors) {
    const detail = sentence(each.keyword, limitAt(schema, each.keywordLocation), t);
    if (detail === null) continue;
    const missing = each.keyword === "required" ? `/${/"([^"]+)"/.exec(each.error)?.[1] ?? ""}` : "";
    found.push({ pointer: each.instanceLocation.replace(/^#/, "") + missing, code: `schema.${each.keyword}`, detail, length: null, position: null });
  }
  return found;
}

function sentence(keyword: string, limit: number, t: Say): string | null {
  switch (keyword) {
    case "required":
      return t("wrong.required");
    case "minLength":
      return t("wrong.required");
    case "pattern":
      return t("wrong.pattern");
    case "minimum":
    case "exclusiveMinimum":
      return t("wrong.minimum", { limit });
    case "maximum":
    case "exclusiveMaximum":
      return t("wrong.maximum", { limit });
    case "maxLength":
      return t("wrong.length", { limit });
    case "maxItems":
      return t("wrong.items", { limit });
    case "minItems":
      return t("wrong.few", { limit });
    default:
      return null;
  }
}

/** The value of the keyword that failed, found by its place in the schema. */
function limitAt(schema: Schema, location: string): number {
  let here: unknown = schema;
  for (const step of location.replace(/^#\/?/, "").split("/").filter(Boolean)) {
    if (typeof here !== "object" || here === null) return 0;
    let next: unknown = (here as Record<string, unknown>)[decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~")];
    if (step === "$ref" && typeof next === "string") next = (schema.$defs as Schema | undefined)?.[next.replace("#/$defs/", "")];
    here = next;
  }
  return typeof here === "number" ? here : 0;
}
