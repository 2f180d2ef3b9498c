// What is known of executors, worked out. Pure.
import type { Schema } from "@/api/client";

export type Executor = Schema<"Executor">;

/** Queues from which nobody would take any more if this executor were drained. */
export function queuesLeftAlone(all: readonly Executor[], id: string): string[] {
  const others = new Set(all.filter((each) => each.executor_id !== id && each.state === "active").flatMap((each) => each.queues));
  return all.find((each) => each.executor_id === id)?.queues.filter((queue) => !others.has(queue)) ?? [];
}

/** Seconds of difference that nobody needs to look at. */
export const IN_STEP = 1;
