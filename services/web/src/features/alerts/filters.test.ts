import { expect, test } from "vitest";
import { readLabelFilter, withLabel, withoutLabel } from "./filters";
import { matchersOf, readMatchers, shared, silencePath, spelled } from "./matchers";

test("labels are filtered by one value each, and stand in the address", () => {
  expect(withLabel("queue=slow", "team", "ops")).toBe("queue=slow,team=ops");
  expect(withLabel("queue=slow", "queue", "fast")).toBe("queue=fast");
  expect(withLabel("queue=slow", "x", "a,b")).toBe("queue=slow");
  expect(withoutLabel("queue=slow,team=ops", "queue")).toBe("team=ops");
  expect(readLabelFilter("a=b=c, ,=x")).toEqual([["a", "b=c"]]);
});

test("an alert's silence names it exactly, through the address and back", () => {
  const labels = { queue: "slow \"1\"", alertname: "q & a", zone: "台北" };
  const path = new URL(silencePath(labels), "http://x");
  expect(readMatchers(path.searchParams.get("matchers") ?? "")).toEqual(matchersOf(labels));
  expect(matchersOf(labels)[0]).toEqual({ name: "alertname", op: "=", value: "q & a" });
});

test("what is no list of matchers is none", () => {
  for (const text of ["", "{", "null", "{}", "[1]", '[["a","=",1]]', '[["a","or","b"]]']) expect(readMatchers(text)).toEqual([]);
});

test("several alerts are silenced by what they share", () => {
  expect(shared([{ a: "1", b: "2" }, { a: "1", b: "3", c: "4" }])).toEqual({ a: "1" });
  expect(shared([])).toEqual({});
});

test("matchers are spelled as Alertmanager spells them", () => {
  expect(spelled({ name: "queue", op: "=~", value: 'a"b' })).toBe('queue=~"a\\"b"');
});
