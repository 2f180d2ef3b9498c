import { expect, it } from "vitest";
import { instantOf } from "./until";
import { queuesLeftAlone } from "./executors";

const NOW = new Date("2026-01-01T00:00:00Z");

it("a span is counted from now on", () => {
  expect(instantOf({ choice: "60", at: null }, NOW)).toBe("2026-01-01T01:00:00.000Z");
});

it("no end is null; a time that is over, or none, is no answer", () => {
  expect(instantOf({ choice: "open", at: null }, NOW)).toBeNull();
  expect(instantOf({ choice: "custom", at: null }, NOW)).toBeUndefined();
  expect(instantOf({ choice: "custom", at: "2025-12-31T00:00:00Z" }, NOW)).toBeUndefined();
  expect(instantOf({ choice: "custom", at: "2026-01-02T00:00:00Z" }, NOW)).toBe("2026-01-02T00:00:00Z");
});

it("queues that only the drained executor serves are named", () => {
  const executor = (id: string, state: string, ...queues: string[]) => ({ executor_id: id, state, queues }) as never;
  const all = [executor("a", "active", "default", "slow"), executor("b", "active", "default"), executor("c", "drained", "slow")];
  expect(queuesLeftAlone(all, "a")).toEqual(["slow"]);
  expect(queuesLeftAlone(all, "b")).toEqual([]);
});
