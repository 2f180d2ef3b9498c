// Figures of the overview, worked out from the API's answer. Pure.
import type { Schema } from "@/api/client";

export type Board = Schema<"Dashboard">;
export type Tone = "good" | "bad" | "warn" | "idle";

/** Buckets of five minutes put together, `width` of them to a bar; the first bar begins at a whole number of its length. */
export interface Bar {
  from: Date;
  to: Date;
  success: number;
  failure: number;
  other: number;
}

export function bars(throughput: Board["throughput"], width: number): Bar[] {
  const length = throughput.bucket_seconds * 1_000;
  const span = length * width;
  const first = new Date(throughput.from).getTime();
  const found = new Map<number, Bar>();
  throughput.success.forEach((success, place) => {
    const start = Math.floor((first + place * length) / span) * span;
    const bar = found.get(start) ?? { from: new Date(start), to: new Date(start + span), success: 0, failure: 0, other: 0 };
    bar.success += success;
    bar.failure += throughput.failure[place] ?? 0;
    bar.other += throughput.other[place] ?? 0;
    found.set(start, bar);
  });
  return [...found.values()];
}

export interface Cell {
  row: number;
  hour: number;
  runs: number;
  failures: number;
  /** The hour that it is, if the row is one day. */
  from: Date | null;
}

/** Days from `days` ago until today as local dates, the oldest first. */
export function lastDays(now: Date, days: number): Date[] {
  return Array.from({ length: days }, (_, index) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - (days - 1 - index)));
}

/** One cell per local day and hour. A day of 25 hours has its doubled hour in one cell. */
export function cellsByDay(hours: Board["hours"], days: readonly Date[]): Cell[] {
  const rows = new Map(days.map((day, row) => [day.toDateString(), row]));
  const cells = new Map<string, Cell>();
  for (const each of hours) {
    const at = new Date(each.at);
    const row = rows.get(at.toDateString());
    if (row === undefined) continue;
    add(cells, row, at.getHours(), each.runs, each.failures, new Date(at.getFullYear(), at.getMonth(), at.getDate(), at.getHours()));
  }
  return [...cells.values()];
}

/** One cell per weekday (Monday is 0) and hour. */
export function cellsByWeekday(hours: Board["hours"]): Cell[] {
  const cells = new Map<string, Cell>();
  for (const each of hours) {
    const at = new Date(each.at);
    add(cells, (at.getDay() + 6) % 7, at.getHours(), each.runs, each.failures, null);
  }
  return [...cells.values()];
}

function add(cells: Map<string, Cell>, row: number, hour: number, runs: number, failures: number, from: Date | null): void {
  const key = `${row}:${hour}`;
  const cell = cells.get(key) ?? { row, hour, runs: 0, failures: 0, from };
  cell.runs += runs;
  cell.failures += failures;
  cells.set(key, cell);
}

/** What is wrong, the worst first; each names its text and where to look. */
export interface Trouble {
  text: "verdict.paused" | "verdict.noExecutor" | "verdict.failing" | "verdict.late" | "verdict.silent" | "verdict.alerts" | "verdict.queues";
  count: number;
  to: string;
  severe: boolean;
}

export function troubles(board: Board): Trouble[] {
  const { counts } = board;
  const found: (Trouble | false)[] = [
    counts.all_paused && { text: "verdict.paused", count: 1, to: "/queues", severe: true },
    counts.tasks > 0 && board.executors.active === 0 && { text: "verdict.noExecutor", count: 1, to: "/executors", severe: true },
    counts.silent > 0 && { text: "verdict.silent", count: counts.silent, to: "#late", severe: true },
    board.failing_total > 0 && { text: "verdict.failing", count: board.failing_total, to: TO.failing, severe: true },
    board.now.late > 0 && { text: "verdict.late", count: board.now.late, to: "#late", severe: true },
    counts.alerts_firing > 0 && { text: "verdict.alerts", count: counts.alerts_firing, to: TO.alerts, severe: counts.alerts_error > 0 },
    !counts.all_paused && counts.paused_queues.length > 0 && { text: "verdict.queues", count: counts.paused_queues.length, to: "/queues", severe: false },
  ];
  return found.filter((each): each is Trouble => each !== false);
}

/** Where each number leads: the list that it counts. */
export const TO = {
  running: "/runs?status=running",
  waiting: "/runs?status=waiting",
  failing: `/tasks?q=${encodeURIComponent("failing:true")}`,
  late: `/tasks?q=${encodeURIComponent("late:true")}`,
  ended: "/runs",
  alerts: "/alerts?state=firing",
  incidents: "/channels?tab=incidents",
} as const;

export function runsBetween(from: Date, to: Date, status = ""): string {
  const query = new URLSearchParams({ from: from.toISOString(), to: to.toISOString() });
  if (status) query.set("status", status);
  return `/runs?${query.toString()}`;
}
