// How a reader likes logs to look; kept for this browser.
import { type Times, timesOf } from "./times";

export interface Look {
  wrap: boolean;
  times: Times;
}

const KEY = "automation.log";

export function readLook(): Look {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Look>;
    return { wrap: kept.wrap ?? true, times: timesOf(kept.times ?? "off") };
  } catch {
    return { wrap: true, times: "off" };
  }
}

export function keepLook(look: Look): Look {
  try {
    localStorage.setItem(KEY, JSON.stringify(look));
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
  return look;
}
