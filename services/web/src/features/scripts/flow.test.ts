import { describe, expect, it } from "vitest";
import { openDecisions, paramsOf, stepsAreRight, USUAL, WISHES } from "./flow";

describe("a publication", () => {
  it("says only what is not as usual", () => {
    expect(paramsOf(WISHES)).toEqual({ environment: "production", strategy: { type: "all" }, stop_at_percent: 20, read_back: { timeout_seconds: 60 }, accept_partial: false });
  });

  it("names steps, gate and targets that were chosen", () => {
    const params = paramsOf({ ...WISHES, version: 3, some: true, tags: ["vip"], strategy: "canary", steps: USUAL.canary, gate: "errors", minHold: 5, onFail: "pause" });
    expect(params).toMatchObject({ version: 3, tags: ["vip"], account_ids: [], strategy: { type: "canary", steps: USUAL.canary }, gate: { alert_rule: "errors", min_hold_seconds: 5 }, on_gate_fail: "pause" });
  });

  it("a rollback names no version", () => {
    expect(paramsOf({ ...WISHES, rollback: true, version: 3 })).not.toHaveProperty("version");
  });

  it("steps grow and end at all of them", () => {
    expect(stepsAreRight(USUAL.waves)).toBe(true);
    expect(stepsAreRight([{ percent: 50, hold_seconds: 0 }])).toBe(false);
    expect(stepsAreRight([{ percent: 50, hold_seconds: 0 }, { percent: 50, hold_seconds: 0 }, { percent: 100, hold_seconds: 0 }])).toBe(false);
  });
});

it("what may be decided depends on where a script stands", () => {
  expect(openDecisions("reviewing")).toEqual(["approve", "reject", "disable"]);
  expect(openDecisions("disabled")).toEqual(["submit"]);
  expect(openDecisions("published")).toEqual(["disable"]);
});
