import { expect, test } from "vitest";
import { safeNext } from "./entering";

const HERE = "https://tasks.example.com";

test("one returns to where one was", () => {
  expect(safeNext("/runs?state=failed#L12", HERE)).toBe("/runs?state=failed#L12");
  expect(safeNext("/", HERE)).toBe("/");
});

test("no address leads to another host, or back to the door", () => {
  for (const bad of [null, "", "runs", "//evil.example", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", "/login?next=/x", "/setup", "/set-password#x"]) {
    expect(safeNext(bad, HERE)).toBe("/");
  }
});
