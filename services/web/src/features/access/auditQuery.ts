// From the filters in the address to the parameters that the API takes.

export const NOTHING = { actor: "", verb: "", subject_kind: "", subject_id: "", span: "", from: "", to: "", request_id: "", token_id: "" };
export type Filters = { [Name in keyof typeof NOTHING]: string };

/** Times that end now. */
export const SPANS = ["1h", "24h", "7d", "30d"] as const;
const LENGTHS: Record<string, number> = { "1h": 3_600_000, "24h": 86_400_000, "7d": 7 * 86_400_000, "30d": 30 * 86_400_000 };

export function isFiltered(filters: Filters): boolean {
  return Object.values(filters).some((value) => value !== "");
}

/** A span counts from `now`, so that a list that stays open moves on. */
export function wantedOf({ span, ...rest }: Filters, now: Date): Record<string, string> {
  const length = LENGTHS[span];
  const wanted = length && !rest.from && !rest.to ? { ...rest, from: new Date(now.getTime() - length).toISOString() } : rest;
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== ""));
}

export function exportPath(base: string, filters: Filters, format: "csv" | "jsonl", now: Date): string {
  return `${base}/audit/export?${new URLSearchParams({ format, ...wantedOf(filters, now) })}`;
}
