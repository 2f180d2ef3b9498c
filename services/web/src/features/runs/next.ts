// What is to be done about a run, by how it stands. Pure.
import type { RUN } from "./run-texts";

type Key = keyof typeof RUN;

export interface Standing {
  status: string;
  waits_for: string | null;
  cancel_requested_at: string | null;
}

/** The sentence that says how it stands. */
export function answerOf(run: Standing): Key {
  if (run.cancel_requested_at && (run.status === "running" || run.status === "retrying")) return "answer.stopping";
  switch (run.status) {
    case "waiting": case "retrying": case "running": case "success": case "failure": case "timed_out": case "cancelled": case "needs_operator": case "skipped":
      return `answer.${run.status}`;
    default:
      return "answer.unknown";
  }
}

/** The sentence that says what to do; null: nothing. */
export function nextOf(run: Standing): Key | null {
  if (run.status === "failure") return "next.retry";
  if (run.status === "timed_out") return "next.timed_out";
  if (run.status === "needs_operator") return "next.operator";
  if (run.status === "retrying") return "next.retrying";
  if (run.status !== "waiting") return null;
  switch (run.waits_for) {
    case "no_executor": case "queue_paused": case "paused_all":
      return `next.${run.waits_for}`;
    default:
      return null;
  }
}

export type Tone = "success" | "info" | "warning" | "error";

export function toneOf(run: Standing): Tone {
  if (run.status === "success") return "success";
  if (run.status === "failure" || run.status === "timed_out") return "error";
  if (run.status === "needs_operator" || run.status === "retrying" || (run.status === "waiting" && nextOf(run))) return "warning";
  return "info";
}
