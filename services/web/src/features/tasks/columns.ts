// The columns of the task list: which are wanted, and which of them find room. Pure.
export const COLUMNS = ["when", "action", "queue", "strip", "last", "next", "rate", "p95", "failures", "created"] as const;
export type Column = (typeof COLUMNS)[number];

/** Pixels; the name takes what is left. */
export const WIDTHS: Record<Column, number> = {
  when: 190, action: 140, queue: 110, strip: 196, last: 150, next: 120, rate: 84, p95: 84, failures: 84, created: 120,
};
const NAME = 240;
const EDGES = 44 + 92; // the box at the left, the buttons at the right

/** The first of them go last when there is no room. */
const IMPORTANCE: readonly Column[] = ["strip", "next", "last", "when", "rate", "action", "queue", "p95", "failures", "created"];
export const USUAL: readonly Column[] = ["when", "action", "strip", "last", "next", "rate"];

/** Those of the wanted columns that find room, in their order. */
export function fitting(wanted: readonly Column[], width: number): Column[] {
  let left = width - NAME - EDGES;
  const shown = new Set<Column>();
  for (const column of IMPORTANCE) {
    if (!wanted.includes(column)) continue;
    if (WIDTHS[column] > left) continue;
    left -= WIDTHS[column];
    shown.add(column);
  }
  return COLUMNS.filter((column) => shown.has(column));
}

export function readColumns(stored: string | null): readonly Column[] {
  if (stored === null) return USUAL;
  const names = stored.split(",");
  return COLUMNS.filter((column) => names.includes(column));
}
