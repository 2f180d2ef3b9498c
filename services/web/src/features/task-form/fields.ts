// What one can write of a task: the document that the form and its JSON view both edit. Pure.
import type { Schema } from "@/api/client";

export type Task = Schema<"Task">;

/** The fields of a task that a caller may set, in the order in which they are shown as JSON. */
export const FIELDS = [
  "name", "description", "enabled", "task_type", "schedule_config", "trigger_config", "task_action", "action_config",
  "timeout_seconds", "retry", "overlap", "start_deadline_seconds", "queue", "priority", "concurrency", "rate_limit",
  "unique", "locks", "selector", "blackout", "dependent_tasks", "depends_on", "notify_on_success", "notify_on_failure",
  "notify_recipients", "notify",
] as const satisfies readonly (keyof Task)[];

export type FieldName = (typeof FIELDS)[number];
export type Draft = Pick<Task, FieldName>;
export type Config = Record<string, unknown>;

export const EMPTY: Draft = {
  name: "",
  description: null,
  enabled: true,
  task_type: "scheduled",
  schedule_config: null,
  trigger_config: null,
  task_action: "",
  action_config: {},
  timeout_seconds: 3600,
  retry: null,
  overlap: null,
  start_deadline_seconds: null,
  queue: "default",
  priority: 3,
  concurrency: null,
  rate_limit: null,
  unique: null,
  locks: [],
  selector: null,
  blackout: null,
  dependent_tasks: [],
  depends_on: null,
  notify_on_success: false,
  notify_on_failure: true,
  notify_recipients: [],
  notify: [],
};

/** What of a stored task can be written; whatever else the object holds is left out. */
export function draftOf(task: Partial<Task>): Draft {
  const draft: Record<string, unknown> = {};
  for (const field of FIELDS) draft[field] = task[field] ?? EMPTY[field];
  return draft as Draft;
}

/** The fields in which two drafts differ. */
export function changedFields(before: Draft, after: Draft): FieldName[] {
  return FIELDS.filter((field) => !same(before[field], after[field]));
}

/**
 * The body of the request that makes `base` into `draft`: only what differs, so that what somebody else has changed
 * meanwhile is not undone. A task that changes its type leaves behind what only the other type had.
 */
export function changesOf(base: Draft, draft: Draft): Partial<Draft> {
  const wanted = base.task_type === draft.task_type ? draft : withoutOtherTypes(draft);
  return Object.fromEntries(changedFields(base, wanted).map((field) => [field, wanted[field]]));
}

/** The body of the request that creates `draft`: what is as it would be anyhow is left out. */
export function creationOf(draft: Draft): Partial<Draft> {
  const wanted = withoutOtherTypes(draft);
  const changes = Object.fromEntries(changedFields(EMPTY, wanted).map((field) => [field, wanted[field]]));
  return { name: wanted.name, task_type: wanted.task_type, task_action: wanted.task_action, ...changes };
}

function withoutOtherTypes(draft: Draft): Draft {
  return {
    ...draft,
    schedule_config: draft.task_type === "scheduled" ? draft.schedule_config : null,
    trigger_config: draft.task_type === "triggered" ? draft.trigger_config : null,
    blackout: draft.task_type === "scheduled" ? draft.blackout : null,
  };
}

/** Whether two values are the same JSON, whatever the order of their keys. */
export function same(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return false;
  if (Array.isArray(one) || Array.isArray(other)) {
    return Array.isArray(one) && Array.isArray(other) && one.length === other.length && one.every((each, index) => same(each, other[index]));
  }
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].every((key) => same((one as Config)[key], (other as Config)[key]));
}

/** `config` with `changes`; what is undefined there is taken out. */
export function withConfig(config: Config, changes: Config): Config {
  const merged = { ...config, ...changes };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined && value !== null));
}
