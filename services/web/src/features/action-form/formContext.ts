// What every part of a form is told: what is wrong where, and whom to tell that somebody has been at a field.
import type { FieldPathId } from "@rjsf/utils";
import type { FieldProblem } from "@/api/problem";

export interface FormContext {
  problems: FieldProblem[];
  onTouch: (pointer: string) => void;
}

/** The RFC 6901 pointer of a field. */
export function pointerOf({ path }: FieldPathId): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
