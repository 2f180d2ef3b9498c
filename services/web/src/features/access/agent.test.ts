import { expect, test } from "vitest";
import { programOf, readAgent } from "./agent";

test.each([
  ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36", "Chrome", "Windows"],
  ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0", "Edge", "Windows"],
  ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15", "Safari", "macOS"],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox", "Linux"],
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/130.0 Mobile/15E148 Safari/604.1", "Chrome", "iPhone"],
])("a browser is named as people name it: %s", (text, browser, system) => {
  expect(readAgent(text)).toEqual({ browser, system });
});

test("a program keeps its own name", () => {
  expect(readAgent("curl/8.5.0")).toBeNull();
  expect(programOf("curl/8.5.0 (x86_64)")).toBe("curl/8.5.0");
  expect(programOf(null)).toBeNull();
  expect(programOf("  ")).toBeNull();
});
