// Where a problem lies: the section of the form, and the line of the JSON text, by its RFC 6901 pointer. Pure.
import type { FieldName } from "./fields";

export const SECTIONS = ["basics", "when", "what", "how", "dependencies", "notifications"] as const;
export type SectionName = (typeof SECTIONS)[number];

const SECTION_OF: Record<FieldName, SectionName> = {
  name: "basics",
  description: "basics",
  enabled: "basics",
  task_type: "when",
  schedule_config: "when",
  trigger_config: "when",
  blackout: "when",
  task_action: "what",
  action_config: "what",
  timeout_seconds: "how",
  retry: "how",
  overlap: "how",
  start_deadline_seconds: "how",
  queue: "how",
  priority: "how",
  concurrency: "how",
  rate_limit: "how",
  unique: "how",
  locks: "how",
  selector: "how",
  dependent_tasks: "dependencies",
  depends_on: "dependencies",
  notify_on_success: "notifications",
  notify_on_failure: "notifications",
  notify_recipients: "notifications",
  notify: "notifications",
};

export function stepsOf(pointer: string): string[] {
  return pointer.split("/").slice(1).map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The field that a pointer begins with; null: the document as a whole. */
export function fieldOf(pointer: string): FieldName | null {
  const first = stepsOf(pointer)[0];
  return first !== undefined && first in SECTION_OF ? (first as FieldName) : null;
}

export function sectionOf(pointer: string): SectionName {
  const field = fieldOf(pointer);
  return field ? SECTION_OF[field] : "basics";
}

/** The problem as it is seen from within the value at `prefix`. */
export function below<Problem extends { pointer: string }>(problems: readonly Problem[], prefix: string): Problem[] {
  return problems
    .filter((each) => each.pointer === prefix || each.pointer.startsWith(`${prefix}/`))
    .map((each) => ({ ...each, pointer: each.pointer.slice(prefix.length) }));
}

/** The line (from 1) of `text`, JSON as `JSON.stringify(…, 2)` writes it, at which the value of `pointer` begins; that of its nearest parent if it is not there. */
export function lineOf(text: string, pointer: string): number {
  const wanted = stepsOf(pointer);
  let found = 1;
  // One entry for each open bracket: the steps to what is being read in it.
  const path: (string | number)[] = [];
  text.split("\n").forEach((line, index) => {
    const depth = (line.length - line.trimStart().length) / 2;
    const trimmed = line.trim();
    if (/^[}\]]/.test(trimmed) || depth < 1) return;
    const key = /^"((?:[^"\\]|\\.)*)":/.exec(trimmed);
    path.length = depth;
    if (key) path[depth - 1] = JSON.parse(`"${key[1]}"`) as string;
    else path[depth - 1] = typeof path[depth - 1] === "number" ? Number(path[depth - 1]) + 1 : 0;
    const matches = path.length <= wanted.length && path.every((step, at) => String(step) === wanted[at]);
    if (matches && path.length > 0) found = index + 1;
  });
  return found;
}
