import { expect, test } from "vitest";
import { exportPath, isFiltered, NOTHING, wantedOf } from "./auditQuery";

const NOW = new Date("2030-01-02T00:00:00Z");

test("a span counts from now; what is not asked for is left out", () => {
  expect(wantedOf(NOTHING, NOW)).toEqual({});
  expect(wantedOf({ ...NOTHING, actor: "ann", span: "24h" }, NOW)).toEqual({ actor: "ann", from: "2030-01-01T00:00:00.000Z" });
});

test("a range of one's own beats a span", () => {
  expect(wantedOf({ ...NOTHING, span: "1h", to: "2029-01-01T00:00:00Z" }, NOW)).toEqual({ to: "2029-01-01T00:00:00Z" });
});

test("what is exported is what is looked at", () => {
  expect(exportPath("/api", { ...NOTHING, verb: "task.", subject_id: "a&b" }, "csv", NOW)).toBe("/api/audit/export?format=csv&verb=task.&subject_id=a%26b");
  expect(isFiltered(NOTHING)).toBe(false);
  expect(isFiltered({ ...NOTHING, span: "1h" })).toBe(true);
});
