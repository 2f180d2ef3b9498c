// A task as a document with which the same one could be created, and as commands. Pure.
import type { Schema } from "@/api/client";

/** Fields of answers that nobody can set. */
const READ_ONLY = new Set([
  "id", "seq", "version", "last_run_at", "next_run_at", "run_count", "success_count", "failure_count", "last_result", "created_at", "updated_at",
  "created_by", "warnings",
]);
/** What is left out where it says nothing. */
const DEFAULTS: Record<string, unknown> = {
  description: null, schedule_config: null, trigger_config: null, dependent_tasks: [], timeout_seconds: 3600, notify_on_success: false,
  notify_on_failure: true, notify_recipients: [], queue: "default", priority: 3, locks: [], notify: [], enabled: true,
};

export type Task = Schema<"Task">;

export function definitionOf(task: Task): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(task).filter(([name, value]) => {
      if (READ_ONLY.has(name) || value === null) return false;
      return !(name in DEFAULTS) || JSON.stringify(DEFAULTS[name]) !== JSON.stringify(value);
    }),
  );
}

export function curlToCreate(task: Task, origin: string): string {
  const body = JSON.stringify(definitionOf(task), null, 2).replaceAll("'", "'\\''");
  return `${curl} -X POST ${tasksAt(origin)} \\\n  -H "Content-Type: application/json" \\\n  -d '${body}'`;
}

export function curlToRun(task: { id: string }, origin: string): string {
  return `${curl} -X POST ${tasksAt(origin)}/${task.id}/run`;
}

const curl = 'curl -H "Authorization: Bearer $AUTOMATION_TOKEN"';
const tasksAt = (origin: string) => `${origin}/api/v1/group-ai/automation-tasks`;

/** The object that a text spells as JSON; null if it spells none. */
export function readObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

export interface Difference {
  field: string;
  before: unknown;
  after: unknown;
}

/** What an entry of the audit list says of each field, unchanged ones left out. */
export function differences(before: Record<string, unknown> | null, after: Record<string, unknown> | null): Difference[] {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return names
    .map((field) => ({ field, before: before?.[field], after: after?.[field] }))
    .filter((each) => JSON.stringify(each.before) !== JSON.stringify(each.after));
}
