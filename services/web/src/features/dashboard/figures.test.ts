import { describe, expect, it } from "vitest";
import { bars, type Board, cellsByDay, cellsByWeekday, lastDays, runsBetween, troubles } from "./figures";

const throughput = (from: string, success: number[], failure: number[] = [], other: number[] = []): Board["throughput"] => ({
  from,
  bucket_seconds: 300,
  success,
  failure,
  other,
});

describe("bars", () => {
  it("begin at whole quarters of an hour, whenever the answer begins", () => {
    const found = bars(throughput("2026-01-01T00:10:00Z", [1, 2, 3, 4], [0, 1, 0, 0]), 3);
    expect(found.map((bar) => bar.from.toISOString().slice(11, 16))).toEqual(["00:00", "00:15"]);
    expect(found.map((bar) => [bar.success, bar.failure, bar.other])).toEqual([
      [1, 0, 0],
      [9, 1, 0],
    ]);
  });
});

describe("cells", () => {
  const now = new Date(2026, 0, 31, 12);
  const days = lastDays(now, 30);

  it("have a row for each of the last days, today last", () => {
    expect(days).toHaveLength(30);
    expect(days[29]?.getDate()).toBe(31);
    expect(days[0]?.getDate()).toBe(2);
  });

  it("lie where the reader's clock says", () => {
    const at = new Date(2026, 0, 31, 9);
    const [cell] = cellsByDay([{ at: at.toISOString(), runs: 5, failures: 2 }], days);
    expect(cell).toMatchObject({ row: 29, hour: 9, runs: 5, failures: 2 });
    expect(cell?.from).toEqual(at);
  });

  it("leave out what is older", () => {
    expect(cellsByDay([{ at: new Date(2025, 11, 1).toISOString(), runs: 1, failures: 1 }], days)).toEqual([]);
  });

  it("add up by weekday, Monday first", () => {
    const monday = (week: number) => new Date(2026, 0, 5 + 7 * week, 3).toISOString();
    const cells = cellsByWeekday([0, 1].map((week) => ({ at: monday(week), runs: 2, failures: 1 })));
    expect(cells).toEqual([{ row: 0, hour: 3, runs: 4, failures: 2, from: null }]);
  });
});

describe("troubles", () => {
  const calm = {
    now: { late: 0 },
    failing_total: 0,
    executors: { active: 1 },
    counts: { tasks: 1, silent: 0, alerts_firing: 0, alerts_error: 0, all_paused: false, paused_queues: [] },
  } as unknown as Board;

  it("are none if all is well", () => {
    expect(troubles(calm)).toEqual([]);
  });

  it("name the pause of everything first, and not each queue beside it", () => {
    const paused = { ...calm, failing_total: 2, counts: { ...calm.counts, all_paused: true, paused_queues: ["a"] } };
    expect(troubles(paused).map((each) => each.text)).toEqual(["verdict.paused", "verdict.failing"]);
  });

  it("do not complain of a lack of executors before there is a task", () => {
    const bare = { ...calm, executors: { ...calm.executors, active: 0 } };
    expect(troubles(bare)).toHaveLength(1);
    expect(troubles({ ...bare, counts: { ...bare.counts, tasks: 0 } })).toEqual([]);
  });
});

it("a link to runs names its span", () => {
  expect(runsBetween(new Date(0), new Date(300_000), "failure")).toBe(
    "/runs?from=1970-01-01T00%3A00%3A00.000Z&to=1970-01-01T00%3A05%3A00.000Z&status=failure",
  );
});
