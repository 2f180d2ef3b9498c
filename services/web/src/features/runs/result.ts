// What an action over many targets says of each of them, out of a run's data. Pure; whatever has not that shape is
// shown as it is.

export interface Target {
  id: string;
  outcome: string;
  before: unknown;
  after: unknown;
  error: string | null;
  ms: number;
}

export function targetsOf(data: Record<string, unknown> | null): { targets: Target[]; leftOff: number } | null {
  const result = data?.result;
  if (!isRecord(result) || !Array.isArray(result.targets)) return null;
  const targets = result.targets.filter(isRecord).map((each) => ({
    id: String(each.id ?? ""),
    outcome: String(each.outcome ?? ""),
    before: each.before,
    after: each.after,
    error: typeof each.error === "string" ? each.error : null,
    ms: typeof each.ms === "number" ? each.ms : 0,
  }));
  return targets.length > 0 ? { targets, leftOff: Number(result.targets_left_off ?? 0) } : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
