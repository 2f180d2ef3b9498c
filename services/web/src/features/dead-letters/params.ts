// Parameters as somebody types them. Pure.
export function readParams(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** How many runs of each task, the most first. */
export function byTask(runs: readonly { task_id: string; task_name: string | null }[]): { id: string; name: string | null; count: number }[] {
  const found = new Map<string, { id: string; name: string | null; count: number }>();
  for (const run of runs) {
    const known = found.get(run.task_id) ?? { id: run.task_id, name: run.task_name, count: 0 };
    found.set(run.task_id, { ...known, count: known.count + 1 });
  }
  return [...found.values()].sort((one, other) => other.count - one.count);
}

/** What a message holds if it is JSON; that it is not may be why nobody could handle it. */
export function jsonOf(letter: { payload: string; payload_encoding: string }): { value: unknown } | null {
  if (letter.payload_encoding !== "utf-8") return null;
  try {
    return { value: JSON.parse(letter.payload) as unknown };
  } catch {
    return null;
  }
}
