import { expect, test } from "vitest";
import { answerOf, nextOf, toneOf } from "./next";
import { DEFAULTS, isFiltered, queryOf, toggled } from "./query";
import { targetsOf } from "./result";

const NOW = new Date("2026-03-01T12:34:56Z");

test("filters become a query, and one that goes with the clock stays the same for a minute", () => {
  expect(queryOf({ ...DEFAULTS }, NOW)).toEqual({});
  expect(queryOf({ ...DEFAULTS, q: "a b", status: "failure", min_seconds: "60", to: "2026-03-01T00:00:00Z" }, NOW)).toEqual({
    q: "a b", status: "failure", min_seconds: 60, to: "2026-03-01T00:00:00Z",
  });
  expect(queryOf({ ...DEFAULTS, time: "24h", from: "x", to: "y" }, NOW)).toEqual({ from: "2026-02-28T12:34:00.000Z" });
  expect(queryOf({ ...DEFAULTS, min_seconds: "abc" }, NOW)).toEqual({});
  expect(isFiltered({ ...DEFAULTS })).toBe(false);
  expect(toggled("a,b", "a")).toBe("b");
  expect(toggled("", "a")).toBe("a");
});

test.each([
  [{ status: "failure", waits_for: null }, "answer.failure", "next.retry", "error"],
  [{ status: "waiting", waits_for: "no_executor" }, "answer.waiting", "next.no_executor", "warning"],
  [{ status: "waiting", waits_for: "overlap" }, "answer.waiting", null, "info"],
  [{ status: "running", waits_for: null, cancel_requested_at: "2026-03-01T00:00:00Z" }, "answer.stopping", null, "info"],
  [{ status: "success", waits_for: null }, "answer.success", null, "success"],
  [{ status: "from-the-future", waits_for: null }, "answer.unknown", null, "info"],
])("the answer for %o", (run, answer, next, tone) => {
  const standing = { cancel_requested_at: null, ...run };
  expect([answerOf(standing), nextOf(standing), toneOf(standing)]).toEqual([answer, next, tone]);
});

test("targets are read out of results, and of nothing else", () => {
  expect(targetsOf({ result: { targets: [{ id: "a", outcome: "done", ms: 5 }], targets_left_off: 2 } })).toEqual({
    targets: [{ id: "a", outcome: "done", before: undefined, after: undefined, error: null, ms: 5 }],
    leftOff: 2,
  });
  for (const data of [null, {}, { result: [] }, { result: { targets: "x" } }, { result: { targets: [1] } }]) expect(targetsOf(data)).toBeNull();
});
