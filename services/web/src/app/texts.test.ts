import { expect, test } from "vitest";
import { defineTexts, say } from "./texts";

const TEXTS = defineTexts({
  count: { zh: "{count} 個任務", en: { one: "{count} task", other: "{count} tasks" } },
  greeting: { zh: "你好，{name}", en: "Hello, {name}" },
});

test("English tells one from many, Chinese does not", () => {
  expect(say(TEXTS, "count", "en", { count: 1 })).toBe("1 task");
  expect(say(TEXTS, "count", "en", { count: 12_000 })).toBe("12,000 tasks");
  expect(say(TEXTS, "count", "zh-TW", { count: 1 })).toBe("1 個任務");
});

test("a value is put in as it is, also if it looks like a place to fill", () => {
  expect(say(TEXTS, "greeting", "en", { name: "{count}" })).toBe("Hello, {count}");
});

test("what is not given stays visible instead of vanishing", () => {
  expect(say(TEXTS, "greeting", "en")).toBe("Hello, {name}");
});
