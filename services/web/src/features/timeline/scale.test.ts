import { expect, test } from "vitest";
import { around, moved, shareOf, stepOf, ticksOf, weeksOf, zoomed } from "./scale";

const HOUR = 3_600_000;
const NOW = new Date("2026-03-01T12:34:56Z").getTime();

test("three quarters of the range lie behind now", () => {
  const span = around(NOW, 8);
  expect([NOW - span.from, span.to - NOW]).toEqual([6 * HOUR, 2 * HOUR]);
  expect(shareOf(NOW, span)).toBe(0.75);
  expect([shareOf(0, span), shareOf(NOW * 2, span)]).toEqual([0, 1]);
});

test("what one zooms around stays where it is, within bounds", () => {
  const span = around(NOW, 8);
  expect(shareOf(NOW, zoomed(span, 0.5, NOW))).toBeCloseTo(0.75);
  expect(zoomed(span, 1e-9, NOW).to - zoomed(span, 1e-9, NOW).from).toBeCloseTo(300_000);
  expect(moved(span, 0.5).from - span.from).toBe(4 * HOUR);
});

test("ticks are round, in order and not too many", () => {
  for (const hours of [0.1, 1, 6, 24, 168, 720, 2_000]) {
    const span = around(NOW, hours);
    const ticks = ticksOf(span, 10);
    expect(ticks.length).toBeGreaterThan(0);
    expect(ticks.length).toBeLessThanOrEqual(12);
    expect([...ticks].sort((one, other) => one - other)).toEqual(ticks);
    expect(ticks.every((each) => each >= span.from && each <= span.to && each % 60_000 === 0)).toBe(true);
  }
});

test("days become weeks, and a day's colour tells the share of failures", () => {
  const days = ["2026-02-26", "2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"].map((day) => ({ day, runs: 1, successes: 1, failures: 0 }));
  const weeks = weeksOf(days);
  expect(weeks.map((week) => week.cells.map((cell) => (cell ? cell.day.slice(8) : ".")).join(" "))).toEqual([". . . . 26 27 28", "01 02 . . . . ."]);
  const step = (successes: number, failures: number) => stepOf({ day: "", runs: successes + failures, successes, failures });
  expect([step(0, 0), step(5, 0), step(99, 1), step(1, 1), step(0, 3)]).toEqual([null, 0, 1, 3, 4]);
});
