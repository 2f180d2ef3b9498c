// The axis of time: where an instant lies, and where to write what. Pure.

export interface Span {
  from: number;
  to: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY];

export const SHORTEST = 5 * MINUTE;
export const LONGEST = 90 * DAY;

/** Where an instant lies, as a share of the width; held at the edges. */
export function shareOf(at: number, span: Span): number {
  return Math.min(Math.max((at - span.from) / (span.to - span.from), 0), 1);
}

/** Round instants of local time, at most `most` of them. */
export function ticksOf(span: Span, most: number): number[] {
  const step = STEPS.find((each) => (span.to - span.from) / each <= most) ?? STEPS[STEPS.length - 1] ?? DAY;
  const ticks: number[] = [];
  const first = new Date(span.from);
  if (step >= DAY) first.setHours(0, 0, 0, 0);
  else first.setHours(Math.floor(first.getHours() / Math.max(step / HOUR, 1)) * Math.max(step / HOUR, 1), 0, 0, 0);
  for (let at = first.getTime(); at <= span.to && ticks.length < 200; at = nextTick(at, step)) {
    if (at >= span.from) ticks.push(at);
  }
  return ticks;
}

/** Days are counted by the calendar: they have 23 or 25 hours at times. */
function nextTick(at: number, step: number): number {
  if (step < DAY) return at + step;
  const day = new Date(at);
  day.setDate(day.getDate() + Math.round(step / DAY));
  return day.getTime();
}

export function zoomed(span: Span, factor: number, around: number): Span {
  const length = Math.min(Math.max((span.to - span.from) * factor, SHORTEST), LONGEST);
  const share = shareOf(around, span);
  return { from: around - length * share, to: around + length * (1 - share) };
}

export function moved(span: Span, share: number): Span {
  const by = (span.to - span.from) * share;
  return { from: span.from + by, to: span.to + by };
}

/** The range of `hours` around now: three quarters of it lie behind. */
export function around(now: number, hours: number): Span {
  const length = hours * HOUR;
  return { from: now - length * 0.75, to: now + length * 0.25 };
}

/** Cut to steps, so that a range that goes with the clock is asked for anew only now and then. */
export function steady(span: Span): Span {
  const step = Math.max((span.to - span.from) / 400, 1_000);
  const from = Math.floor(span.from / step) * step;
  return { from, to: from + (span.to - span.from) };
}

export interface Day {
  day: string;
  runs: number;
  successes: number;
  failures: number;
}

export interface Week<Cell> {
  cells: (Cell | null)[];
}

/** Days as weeks that begin on Sunday; the first week may begin with gaps. */
export function weeksOf<Cell extends { day: string }>(days: readonly Cell[]): Week<Cell>[] {
  const weeks: Week<Cell>[] = [];
  for (const day of days) {
    const weekday = new Date(`${day.day}T12:00:00Z`).getUTCDay();
    if (weeks.length === 0 || weekday === 0) weeks.push({ cells: Array.from({ length: 7 }, () => null) });
    const week = weeks[weeks.length - 1];
    if (week) week.cells[weekday] = day;
  }
  return weeks;
}

/** The step of a day's colour: null without runs, 0 if all went well, up to 4 if all failed. */
export function stepOf(day: Day): number | null {
  const ended = day.successes + day.failures;
  if (day.runs === 0 || ended === 0) return null;
  if (day.failures === 0) return 0;
  return Math.min(1 + Math.floor((day.failures / ended) * 4), 4);
}
