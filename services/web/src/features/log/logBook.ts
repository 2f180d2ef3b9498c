// The log of a run as it is shown: lines as they come, and the rows that a view makes of them. Both grow in place,
// outside of React; each announcement is a new snapshot.
import { type Level, LEVELS, type Line, type Row, Rows, type View } from "./lines";
import { LogSource, type LogSnapshot } from "./logSource";

export interface BookSnapshot {
  log: LogSnapshot;
  view: View;
  rows: readonly Row[];
  /** Places in `rows`. */
  matches: readonly number[];
  errors: readonly number[];
  counts: Readonly<Record<Level, number>>;
  /** Rows that fold others. */
  heads: readonly string[];
}

export const WHOLE: View = { levels: new Set<string>(LEVELS), search: "", onlyMatches: false, folded: new Set(), attempts: false };

export class LogBook {
  readonly source: LogSource;
  private view: View = WHOLE;
  private rows = new Rows(WHOLE);
  private read = 0;
  private epoch = 0;
  private counts: Record<Level, number> = noCounts();
  private snapshot: BookSnapshot;
  private listeners = new Set<() => void>();
  private leave: (() => void) | null = null;

  constructor(runId: string) {
    this.source = new LogSource(runId);
    this.snapshot = this.snap();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    this.leave ??= this.source.subscribe(this.update);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      this.leave?.();
      this.leave = null;
    };
  };

  current = (): BookSnapshot => this.snapshot;

  look = (view: View): void => {
    this.view = view;
    this.rows = new Rows(view);
    this.rows.push(this.source.read().lines);
    this.tell();
  };

  private update = (): void => {
    const log = this.source.read();
    if (log.epoch !== this.epoch) {
      this.epoch = log.epoch;
      this.read = 0;
      this.rows = new Rows(this.view);
      this.counts = noCounts();
    }
    this.rows.push(log.lines, this.read);
    this.count(log.lines, this.read);
    this.read = log.lines.length;
    this.tell();
  };

  private count(lines: readonly Line[], from: number): void {
    for (let index = from; index < lines.length; index += 1) {
      const level = lines[index]?.level as Level;
      this.counts[level in this.counts ? level : "info"] += 1;
    }
  }

  private tell(): void {
    this.snapshot = this.snap();
    this.listeners.forEach((each) => each());
  }

  private snap(): BookSnapshot {
    const { rows, matches, errors, heads } = this.rows;
    return { log: this.source.read(), view: this.view, rows, matches, errors, heads, counts: { ...this.counts } };
  }
}

function noCounts(): Record<Level, number> {
  return { debug: 0, info: 0, warning: 0, error: 0 };
}
