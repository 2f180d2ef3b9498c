import { expect, test } from "vitest";
import { grouped, picked, stateOf } from "./rights";

const MINE = ["admin", "alerts:acknowledge", "alerts:read", "alerts:write", "runs:read", "tasks:read", "tasks:run", "tasks:write", "tokens:own"];

test("rights stand by what they are about, from looking to changing", () => {
  const groups = grouped(MINE);
  expect(groups.map((group) => group.thing)).toEqual(["alerts", "runs", "tasks", "tokens"]);
  expect(groups[0]?.scopes.map((each) => each.deed)).toEqual(["read", "acknowledge", "write"]);
});

test("a quick choice gives no right that one lacks, and never everything by accident", () => {
  expect(picked("read", MINE)).toEqual(["alerts:read", "runs:read", "tasks:read"]);
  expect(picked("run", ["tasks:read", "runs:read"])).toEqual(["tasks:read", "runs:read"]);
  expect(picked("all", MINE)).not.toContain("admin");
  expect(picked("none", MINE)).toEqual([]);
});

test("a token is good until it is revoked or its time is over", () => {
  const now = new Date("2030-01-01T00:00:00Z");
  const token = (expires_at: string | null, revoked_at: string | null = null) => stateOf({ expires_at, revoked_at }, now);
  expect(token(null)).toBe("live");
  expect(token("2030-02-01T00:00:00Z")).toBe("live");
  expect(token("2030-01-05T00:00:00Z")).toBe("soon");
  expect(token("2029-12-31T00:00:00Z")).toBe("expired");
  expect(token(null, "2029-12-31T00:00:00Z")).toBe("revoked");
});
