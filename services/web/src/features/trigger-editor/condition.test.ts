import { describe, expect, it } from "vitest";
import { clauseFor, readCondition, withClause, writeCondition } from "./condition";

const SHOWN = [
  "error_rate > 10",
  'status == "paid" && order.total >= 99.5',
  '(a == 1 && b == true) || c != null',
  'name.contains("x && y") || !name.startsWith("(")',
  'event.data["order-id"] == "7" && event.source == "shop"',
  'level in ["critical", "page"]',
  "!has(event.data.user)",
  "has(event.data.type)",
  "!(a > -1.5)",
  'host.matches("^web-[0-9]+$")',
];

const NOT_SHOWN = [
  "a > b",
  "a + 1 > 2",
  "a ? b : c",
  "(a > 1 || b > 2) && c > 3",
  "xs.exists(x, x > 1)",
  "size(xs) > 1",
  "a > 1 &&",
  "&& a > 1",
  "!a == true",
  "a == 'x' // note",
  'a == r"\\d"',
  "a == 1u",
  "((a > 1))x",
  "true",
  "a",
  'm[0] == 1',
  "a == 'x\\x41'",
];

describe("conditions", () => {
  it.each(SHOWN)("%s is shown, and written as it was", (text) => {
    const groups = readCondition(text);
    expect(groups).not.toBeNull();
    expect(writeCondition(groups ?? [])).toBe(text);
  });

  it.each(NOT_SHOWN)("%s stays text", (text) => {
    expect(readCondition(text)).toBeNull();
  });

  it("reads both kinds of quotes alike", () => {
    expect(writeCondition(readCondition(`a == 'it\\'s "so"'`) ?? [])).toBe(`a == "it's \\"so\\""`);
  });

  it("shows nothing of an empty text", () => {
    expect(readCondition("  ")).toEqual([]);
    expect(writeCondition([[], []])).toBe("");
  });

  it("makes of a value a clause that it fulfils", () => {
    expect(writeCondition([[clauseFor("a", 5), clauseFor("b", "x"), clauseFor("c", { d: 1 })]])).toBe('a >= 5 && b == "x" && has(event.data.c)');
  });

  it("joins a clause to what is there", () => {
    const clause = clauseFor("b", true);
    expect(withClause("", clause)).toBe("b == true");
    expect(withClause("a == 1 || c == 2", clause)).toBe("(a == 1 && b == true) || (c == 2 && b == true)");
    expect(withClause("a + 1 > 2", clause)).toBeNull();
  });
});
