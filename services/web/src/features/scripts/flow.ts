// What may become of a script, as `services/api/scripts/definition.py` decides it; and what a publication is asked for.
import type { Script, Verb } from "./api";

/** The decisions that are open, the usual one first. */
export function openDecisions(status: Script["status"]): Verb[] {
  switch (status) {
    case "draft":
    case "rejected":
      return ["submit", "disable"];
    case "reviewing":
      return ["approve", "reject", "disable"];
    case "disabled":
      return ["submit"];
    default:
      return ["disable"];
  }
}

export interface Step {
  percent: number;
  hold_seconds: number;
}

export interface Wishes {
  environment: string;
  /** Null: the newest that is approved. */
  version: number | null;
  rollback: boolean;
  some: boolean;
  account_ids: string[];
  tags: string[];
  strategy: "all" | "canary" | "waves";
  steps: Step[];
  gate: string | null;
  minHold: number;
  onFail: "rollback" | "pause";
  stopAt: number;
  readBack: number;
  partial: boolean;
}

/** What each way usually means (`shared/domain/rollout.py`). */
export const USUAL: Record<Wishes["strategy"], Step[]> = {
  all: [],
  canary: [{ percent: 10, hold_seconds: 60 }, { percent: 100, hold_seconds: 0 }],
  waves: [{ percent: 25, hold_seconds: 30 }, { percent: 50, hold_seconds: 30 }, { percent: 75, hold_seconds: 30 }, { percent: 100, hold_seconds: 0 }],
};

export const WISHES: Wishes = {
  environment: "production", version: null, rollback: false, some: false, account_ids: [], tags: [], strategy: "all", steps: [],
  gate: null, minHold: 0, onFail: "rollback", stopAt: 20, readBack: 60, partial: false,
};

export function stepsAreRight(steps: readonly Step[]): boolean {
  return steps.every((step, at) => at === 0 || step.percent > (steps[at - 1]?.percent ?? 0)) && (steps.length === 0 || steps.at(-1)?.percent === 100);
}

/** The parameters of the action: what is as usual is left out. */
export function paramsOf(wishes: Wishes): Record<string, unknown> {
  return {
    environment: wishes.environment,
    ...(wishes.rollback ? { rollback: true } : wishes.version === null ? {} : { version: wishes.version }),
    ...(wishes.some ? { account_ids: wishes.account_ids, tags: wishes.tags } : {}),
    strategy: { type: wishes.strategy, ...(wishes.strategy === "all" ? {} : { steps: wishes.steps }) },
    ...(wishes.gate ? { gate: { alert_rule: wishes.gate, min_hold_seconds: wishes.minHold }, on_gate_fail: wishes.onFail } : {}),
    stop_at_percent: wishes.stopAt,
    read_back: { timeout_seconds: wishes.readBack },
    accept_partial: wishes.partial,
  };
}
