// From the draft to the API: rehearsed first, then saved, with the version that it began with.
import { api, ask, done, newIdempotencyKey, rehearsed, type Schema } from "@/api/client";
import { changesOf, creationOf, type Draft, type Task } from "./fields";
import type { Plan } from "./PlanView";

export interface Target {
  /** Null: a new task. */
  taskId: string | null;
  base: Draft;
  version: number | null;
}

const ROOT = "/api/v1/group-ai/automation-tasks";
const ONE = "/api/v1/group-ai/automation-tasks/{task_id}";

/** What saving would do; refused as saving would be. */
export function rehearse(target: Target, draft: Draft): Promise<Plan> {
  const query = { dry_run: "true" as const };
  if (target.taskId === null) return rehearsed(api.POST(ROOT, { params: { query }, body: bodyOf(target, draft) as Schema<"TaskCreate"> }));
  const params = { path: { task_id: target.taskId }, query, header: { "If-Match": etag(target.version) } };
  return rehearsed(api.PUT(ONE, { params, body: bodyOf(target, draft) as Schema<"TaskUpdate"> }));
}

/** `key` is made once for each intention, so that a second click saves nothing twice. */
export function save(target: Target, draft: Draft, key: string): Promise<Task> {
  if (target.taskId === null) return done(api.POST(ROOT, { params: { header: { "Idempotency-Key": key } }, body: bodyOf(target, draft) as Schema<"TaskCreate"> }));
  const params = { path: { task_id: target.taskId }, header: { "If-Match": etag(target.version), "Idempotency-Key": key } };
  return done(api.PUT(ONE, { params, body: bodyOf(target, draft) as Schema<"TaskUpdate"> }));
}

export function readTask(taskId: string): Promise<Task> {
  return ask(api.GET(ONE, { params: { path: { task_id: taskId } } }));
}

export { newIdempotencyKey };

function bodyOf({ taskId, base }: Target, draft: Draft): Partial<Draft> {
  return taskId === null ? creationOf(draft) : changesOf(base, draft);
}

function etag(version: number | null): string {
  return `"${version}"`;
}
