// The draft as text, and text as a draft: what is not JSON, not a field, or of the wrong kind is told by pointer. Pure.
import { type Draft, draftOf, EMPTY, type FieldName, FIELDS, type Task } from "./fields";

/** Fields of a stored task that nobody sets: whoever pastes one is not to be bothered by them. */
const READ_ONLY = new Set<string>([
  "id", "seq", "version", "last_run_at", "next_run_at", "run_count", "success_count", "failure_count", "last_result", "created_at", "updated_at",
  "created_by", "warnings", "owner_id",
] satisfies (keyof Task | "seq" | "owner_id")[]);

export type Kind = "string" | "boolean" | "number" | "object" | "array";

export interface JsonProblem {
  pointer: string;
  code: "json.unreadable" | "json.object" | "json.unknown" | "json.kind";
  why?: string;
  kind?: Kind;
}

const NULLABLE = new Set<FieldName>(["description", "schedule_config", "trigger_config", "overlap", "retry", "start_deadline_seconds", "concurrency", "rate_limit", "unique", "selector", "blackout", "depends_on", "locks", "notify", "queue", "priority"]);
const STRINGS = new Set<FieldName>(["description", "overlap"]);
const NUMBERS = new Set<FieldName>(["start_deadline_seconds"]);

function kindOf(field: FieldName): Kind {
  const usual: unknown = EMPTY[field];
  if (STRINGS.has(field)) return "string";
  if (NUMBERS.has(field)) return "number";
  if (usual === null) return "object";
  return Array.isArray(usual) ? "array" : (typeof usual as Kind);
}

export function textOfDraft(draft: Draft): string {
  return JSON.stringify(draft, null, 2);
}

/** The draft that a text spells, or what is wrong with it. */
export function readDraft(text: string): { draft: Draft | null; problems: JsonProblem[] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { draft: null, problems: [{ pointer: "", code: "json.unreadable", why: error instanceof Error ? error.message : "" }] };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { draft: null, problems: [{ pointer: "", code: "json.object" }] };
  const problems: JsonProblem[] = [];
  for (const [key, each] of Object.entries(value)) {
    if ((FIELDS as readonly string[]).includes(key)) {
      const field = key as FieldName;
      if (each === null ? !NULLABLE.has(field) : isKind(each) !== kindOf(field)) problems.push({ pointer: `/${key}`, code: "json.kind", kind: kindOf(field) });
    } else if (!READ_ONLY.has(key)) problems.push({ pointer: `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`, code: "json.unknown" });
  }
  return problems.length > 0 ? { draft: null, problems } : { draft: draftOf(value as Partial<Task>), problems: [] };
}

function isKind(value: unknown): Kind | "null" {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : (typeof value as Kind);
}
