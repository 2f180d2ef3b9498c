// How long a pause or an override holds: a choice of spans, or a time of one's own. Pure.
export const SPANS = [15, 60, 240, 1440] as const;
export type UntilChoice = "open" | "custom" | `${(typeof SPANS)[number]}`;

export interface Until {
  choice: UntilChoice;
  /** Of a custom choice: the instant, as ISO 8601. */
  at: string | null;
}

/** The instant to send; null: no end. Undefined: nothing sensible is chosen yet. */
export function instantOf(until: Until, now: Date): string | null | undefined {
  if (until.choice === "open") return null;
  if (until.choice === "custom") return until.at && new Date(until.at) > now ? until.at : undefined;
  return new Date(now.getTime() + Number(until.choice) * 60_000).toISOString();
}
