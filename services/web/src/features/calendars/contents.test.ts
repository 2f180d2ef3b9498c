import { describe, expect, it } from "vitest";
import { bodyOf, contentsOf, datesIn, dayName, isEmpty } from "./contents";

describe("dates in a text", () => {
  it.each([
    ["2026-10-10 國慶日\n2026/1/1 元旦", ["2026-01-01", "2026-10-10"]],
    ["20261010,20261010", ["2026-10-10"]],
    ["2026年2月28日（六）", ["2026-02-28"]],
    ["2026-02-30 2026-13-01", []],
    ["call 0912345678", []],
    ["", []],
  ])("%j", (text, dates) => expect(datesIn(text)).toEqual(dates));
});

describe("contents", () => {
  const blank = contentsOf(null, "Asia/Taipei");

  it("begins empty, in the reader's zone", () => {
    expect(isEmpty(blank)).toBe(true);
    expect(bodyOf(blank)).toEqual({ timezone: "Asia/Taipei" });
  });

  it("leaves out what is empty or half done, and tells each holiday once", () => {
    const contents = { ...blank, holidays: ["2026-10-10", "2026-01-01", "2026-10-10"], dates: [{ from: "2026-12-30", to: "" }] };
    expect(bodyOf(contents)).toEqual({ timezone: "Asia/Taipei", holidays: ["2026-01-01", "2026-10-10"] });
    expect(isEmpty({ ...blank, dates: contents.dates })).toBe(true);
  });

  it("names days in the reader's language", () => {
    expect([dayName("mon", "en"), dayName("sun", "zh-TW")]).toEqual(["Mon", "週日"]);
  });
});
