import { afterEach, expect, it, vi } from "vitest";
import { onceReleased } from "./released";

function hear(...names: string[]): string[] {
  const heard: string[] = [];
  for (const name of names) window.addEventListener(name, () => heard.push(name), { once: true });
  return heard;
}

const tell = (name: string) => window.dispatchEvent(new Event(name));

afterEach(() => {
  tell("pointercancel");
  vi.useRealTimers();
});

it("acts at once while nothing is pressed", () => {
  const act = vi.fn();
  onceReleased(act);
  expect(act).toHaveBeenCalledOnce();
});

it("waits for the click of what is pressed", () => {
  vi.useFakeTimers();
  const heard = hear("click");
  tell("pointerdown");
  onceReleased(() => heard.push("act"));
  tell("pointerup");
  tell("click");
  vi.runAllTimers();
  expect(heard).toEqual(["click", "act"]);
});

it("acts once, also if the press becomes a scroll", () => {
  vi.useFakeTimers();
  const act = vi.fn();
  tell("pointerdown");
  onceReleased(act);
  tell("pointercancel");
  tell("pointerup");
  vi.runAllTimers();
  expect(act).toHaveBeenCalledOnce();
});
