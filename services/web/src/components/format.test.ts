import { expect, test } from "vitest";
import { bytes, duration, percent, relative } from "./format";

const NOW = new Date("2026-03-01T12:00:00Z");
const after = (ms: number) => new Date(NOW.getTime() + ms);

test.each([
  [0, "now", "現在"],
  [90_000, "in 1 min.", "1 分鐘後"],
  [-7_200_000, "2 hr. ago", "2 小時前"],
])("%d ms from now", (ms, en, zh) => {
  expect(relative(after(ms), NOW, "en")).toBe(en);
  expect(relative(after(ms), NOW, "zh-TW")).toBe(zh);
});

test.each([
  [0.32, "320 ms"],
  [4.25, "4.3 s"],
  [59.9, "59 s"],
  [60, "1 min"],
  [200, "3 min 20 s"],
  [7_500, "2 h 5 min"],
  [273_600, "3 d 4 h"],
])("%d seconds", (seconds, text) => {
  expect(duration(seconds, "en")).toBe(text);
});

test("nearly all is not all", () => {
  expect(percent(0.9999, "en")).toBe("99.9%");
  expect(percent(1, "en")).toBe("100%");
});

test("bytes in powers of a thousand", () => {
  expect(bytes(999, "en")).toBe("999 B");
  expect(bytes(1_234_000, "en")).toBe("1.2 MB");
});
