// The filters of the list of runs, between the address and the API. Pure.
import type { paths } from "@/api/schema";

export const DEFAULTS = {
  q: "", status: "", trigger: "", task_id: "", queue: "", action: "", executor: "", error: "", min_seconds: "", time: "", from: "", to: "",
};
export type RunFilters = { [Key in keyof typeof DEFAULTS]: string };

/** Spans that go along with the clock, in hours. */
export const SPANS: Record<string, number> = { "1h": 1, "24h": 24, "7d": 168, "30d": 720 };
export const FAILING = "failure,timed_out,needs_operator";
export const UNDER_WAY = "running,retrying";

export type RunQuery = NonNullable<paths["/api/v1/group-ai/automation-runs"]["get"]["parameters"]["query"]>;

/** `now` is cut to the minute, so that the query is the same for a while. */
export function queryOf(filters: RunFilters, now: Date): RunQuery {
  const span = SPANS[filters.time];
  const minute = Math.floor(now.getTime() / 60_000) * 60_000;
  const from = span ? new Date(minute - span * 3_600_000).toISOString() : filters.from;
  const least = Math.trunc(Number(filters.min_seconds));
  const words: [keyof RunQuery, string][] = [
    ["q", filters.q], ["status", filters.status], ["trigger", filters.trigger], ["task_id", filters.task_id], ["queue", filters.queue],
    ["action", filters.action], ["executor", filters.executor], ["error", filters.error], ["from", from], ["to", span ? "" : filters.to],
  ];
  return {
    ...Object.fromEntries(words.filter(([, value]) => value !== "")),
    ...(least > 0 ? { min_seconds: least } : {}),
  };
}

export function isFiltered(filters: RunFilters): boolean {
  return Object.values(filters).some((value) => value !== "");
}

/** Add a word to a list with commas, or take it away. */
export function toggled(list: string, word: string): string {
  const words = list.split(",").filter(Boolean);
  return (words.includes(word) ? words.filter((each) => each !== word) : [...words, word]).join(",");
}

/** Whether something may still come of a run. */
export function isLive(status: string): boolean {
  return ["waiting", "running", "retrying"].includes(status);
}
