// The attempts of a run that fails every time, as the executor would space them. Pure.
import type { Schema } from "@/api/client";

export type Retry = Schema<"TaskRetry">;

export const USUAL_RETRY: Retry = {
  max_attempts: 3,
  initial_interval_seconds: 1,
  backoff: 2,
  max_interval_seconds: 100,
  jitter: 0.1,
  non_retryable: [],
  retry_on: [],
};

/** The pause before the attempt after `failures` failed ones, without jitter. */
export function pauseAfter(retry: Retry, failures: number): number {
  const grown = retry.initial_interval_seconds * retry.backoff ** (failures - 1);
  return Number.isFinite(grown) ? Math.min(grown, retry.max_interval_seconds) : retry.max_interval_seconds;
}

export interface Attempt {
  number: number;
  /** Seconds before it, since the one before failed; 0 for the first. */
  pause: number;
  /** Seconds since the first one, if attempts themselves took no time. */
  at: number;
}

/** At most `most` attempts; the last one of all is always among them. */
export function attemptsOf(retry: Retry, most: number): Attempt[] {
  const all: Attempt[] = [];
  let at = 0;
  for (let number = 1; number <= retry.max_attempts; number += 1) {
    const pause = number === 1 ? 0 : pauseAfter(retry, number - 1);
    at += pause;
    all.push({ number, pause, at });
  }
  const last = all.at(-1);
  return all.length <= most || !last ? all : [...all.slice(0, most - 1), last];
}

/** Seconds from the first attempt to the last one, jitter and the attempts' own time left out. */
export function spanOf(retry: Retry): number {
  return attemptsOf(retry, Infinity).at(-1)?.at ?? 0;
}
