// The lines of a run as rows of the viewer: filtered, grouped, folded. Pure; built up as lines come, so that
// a hundred thousand of them cost one pass.
import { plain } from "./ansi";

export type Level = "debug" | "info" | "warning" | "error";
export const LEVELS: readonly Level[] = ["debug", "info", "warning", "error"];

export interface Line {
  attempt: number;
  seq: number;
  at: string;
  level: string;
  text: string;
}

/** Where a line stands: "120" in the first attempt, "2.7" in a later one. Part of addresses: keep it. */
export function placeOf(line: { attempt: number; seq: number }): string {
  return line.attempt === 1 ? String(line.seq) : `${line.attempt}.${line.seq}`;
}

export interface Place {
  attempt: number;
  seq: number;
}

export interface Range {
  from: Place;
  to: Place;
}

/** Read "#L120", "#L2.7", "#L120-L130". */
export function rangeOf(hash: string): Range | null {
  const found = /^#L(?:(\d+)\.)?(\d+)(?:-L?(?:(\d+)\.)?(\d+))?$/.exec(hash);
  if (!found) return null;
  const from = { attempt: Number(found[1] ?? 1), seq: Number(found[2]) };
  const to = found[4] ? { attempt: Number(found[3] ?? from.attempt), seq: Number(found[4]) } : from;
  return compare(from, to) <= 0 ? { from, to } : { from: to, to: from };
}

export function hashOf(range: Range): string {
  const from = placeOf(range.from);
  return compare(range.from, range.to) === 0 ? `#L${from}` : `#L${from}-L${placeOf(range.to)}`;
}

export function compare(one: Place, other: Place): number {
  return one.attempt - other.attempt || one.seq - other.seq;
}

export function isWithin(place: Place, range: Range | null): boolean {
  return !!range && compare(place, range.from) >= 0 && compare(place, range.to) <= 0;
}

export type Row =
  | { kind: "attempt"; attempt: number; folded: boolean; key: string }
  | { kind: "group"; line: Line; title: string; folded: boolean; key: string }
  | { kind: "line"; line: Line; depth: number; key: string };

export interface View {
  levels: ReadonlySet<string>;
  search: string;
  onlyMatches: boolean;
  /** Keys of groups and attempts that are closed. */
  folded: ReadonlySet<string>;
  attempts: boolean;
}

const GROUP = /^(?:##\[group\]|::group::)(.*)$/;
const GROUP_END = /^(?:##\[endgroup\]|::endgroup::)/;

/** Rows of the lines that were pushed. A new view means a new builder. */
export class Rows {
  readonly rows: Row[] = [];
  /** Places in `rows` of lines that contain the text looked for, and of errors. */
  readonly matches: number[] = [];
  readonly errors: number[] = [];
  /** Keys of the rows that fold others. */
  readonly heads: string[] = [];
  private attempt = 0;
  private attemptFolded = false;
  private group: string | null = null;
  private groupFolded = false;
  private readonly wanted: string;

  constructor(private readonly view: View) {
    this.wanted = view.search.toLowerCase();
  }

  push(lines: readonly Line[], start = 0): void {
    for (let index = start; index < lines.length; index += 1) {
      const line = lines[index];
      if (line) this.add(line);
    }
  }

  private add(line: Line): void {
    if (line.attempt !== this.attempt) this.beginAttempt(line.attempt);
    if (this.attemptFolded) return;
    const opening = GROUP.exec(line.text);
    if (opening) {
      this.group = `g${placeOf(line)}`;
      this.groupFolded = this.view.folded.has(this.group);
      this.heads.push(this.group);
      this.rows.push({ kind: "group", line, title: opening[1] ?? "", folded: this.groupFolded, key: this.group });
      return;
    }
    if (GROUP_END.test(line.text)) {
      this.group = null;
      this.groupFolded = false;
      return;
    }
    if (this.groupFolded) return;
    const level = LEVELS.includes(line.level as Level) ? line.level : "info";
    if (!this.view.levels.has(level)) return;
    const matches = this.wanted !== "" && plain(line.text).toLowerCase().includes(this.wanted);
    if (this.view.onlyMatches && this.wanted && !matches) return;
    if (matches) this.matches.push(this.rows.length);
    if (level === "error") this.errors.push(this.rows.length);
    this.rows.push({ kind: "line", line, depth: this.group ? 1 : 0, key: placeOf(line) });
  }

  private beginAttempt(attempt: number): void {
    this.attempt = attempt;
    this.group = null;
    this.groupFolded = false;
    const key = `a${attempt}`;
    this.attemptFolded = this.view.attempts && this.view.folded.has(key);
    if (!this.view.attempts) return;
    this.heads.push(key);
    this.rows.push({ kind: "attempt", attempt, folded: this.attemptFolded, key });
  }
}

/** The row at which a line stands, or the one behind it if it is not shown. Rows are in order. */
export function indexOf(rows: readonly Row[], place: Place): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    const at = row?.kind === "attempt" ? { attempt: row.attempt, seq: 0 } : row?.line;
    if (at && compare(at, place) < 0) low = middle + 1;
    else high = middle;
  }
  return Math.min(low, rows.length - 1);
}

/** The next (or, with -1, the previous) of `places` seen from a row; goes round. */
export function nextOf(places: readonly number[], from: number, step: 1 | -1): number | null {
  if (places.length === 0) return null;
  const found = step > 0 ? places.find((each) => each > from) : places.findLast((each) => each < from);
  return found ?? (step > 0 ? places[0] : places[places.length - 1]) ?? null;
}
