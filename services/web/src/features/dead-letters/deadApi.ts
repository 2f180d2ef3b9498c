// What one asks of the API about dead runs and dead letters.
import { api, ask, done, newIdempotencyKey, rehearsed, type Schema } from "@/api/client";

export type DeadRun = Schema<"DeadRun">;
export type DeadLetter = Schema<"DeadLetter">;
export type Decided = Schema<"DecidedMany">;
/** Runs that one call may decide about. */
export const MOST_AT_ONCE = 1_000;

export interface RunFilter {
  state: "" | "open" | "requeued" | "discarded";
  status: "" | "failure" | "timed_out" | "needs_operator";
  task_id: string;
  q: string;
}

export const listDeadRuns = (filter: RunFilter, cursor: string, limit = 50) =>
  ask(api.GET("/api/v1/group-ai/dead-runs", { params: { query: { ...filter, cursor, limit } } }));

export const listLetters = (filter: { state: "" | "open" | "resent" | "discarded"; q: string; stream: string }, cursor: string) =>
  ask(api.GET("/api/v1/group-ai/dead-letters", { params: { query: { ...filter, cursor } } }));

const key = () => ({ "Idempotency-Key": newIdempotencyKey() });

export function requeueMany(runIds: string[], params: Record<string, unknown> | null, rehearse: boolean) {
  return (rehearse ? rehearsed : done)(
    api.POST("/api/v1/group-ai/dead-runs/requeue", {
      params: { query: { dry_run: rehearse ? "true" : "" }, header: key() },
      body: { run_ids: runIds, task_id: null, params },
    }),
  );
}

export function discardMany(runIds: string[], rehearse: boolean) {
  return (rehearse ? rehearsed : done)(
    api.POST("/api/v1/group-ai/dead-runs/discard", {
      params: { query: { dry_run: rehearse ? "true" : "" }, header: key() },
      body: { run_ids: runIds, task_id: null },
    }),
  );
}

/** A run that was decided about before is run once more. */
export const requeueAgain = (runId: string) =>
  ask(api.POST("/api/v1/group-ai/dead-runs/{run_id}/requeue", { params: { path: { run_id: runId }, header: key() }, body: { params: null, again: true } }));

const letter = (id: number) => ({ params: { path: { letter_id: String(id) }, header: key() } });
export const resendLetter = (id: number) => ask(api.POST("/api/v1/group-ai/dead-letters/{letter_id}/resend", letter(id)));
export const discardLetter = (id: number) => ask(api.POST("/api/v1/group-ai/dead-letters/{letter_id}/discard", letter(id)));
export const readLetter = (id: string) => ask(api.GET("/api/v1/group-ai/dead-letters/{letter_id}", { params: { path: { letter_id: id } } }));

/** Ids of all open runs that match, the newest first, at most as many as one call takes. */
export async function allMatching(filter: RunFilter): Promise<{ ids: string[]; more: boolean }> {
  const ids: string[] = [];
  let cursor = "";
  while (ids.length < MOST_AT_ONCE) {
    const page = await listDeadRuns({ ...filter, state: "open" }, cursor, 500);
    ids.push(...page.items.map((each) => each.run_id));
    if (!page.next) return { ids: ids.slice(0, MOST_AT_ONCE), more: false };
    cursor = page.next;
  }
  return { ids: ids.slice(0, MOST_AT_ONCE), more: true };
}
