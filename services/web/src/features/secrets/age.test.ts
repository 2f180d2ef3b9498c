import { expect, test } from "vitest";
import { isOld, OLD_DAYS } from "./age";

test("a value is old after its time, not before", () => {
  const now = new Date("2026-06-01T00:00:00Z");
  const ago = (days: number) => new Date(now.getTime() - days * 86_400_000).toISOString();
  expect(isOld(ago(OLD_DAYS - 1), now)).toBe(false);
  expect(isOld(ago(OLD_DAYS + 1), now)).toBe(true);
});
