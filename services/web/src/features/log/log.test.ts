import { expect, test } from "vitest";
import { piecesOf, plain } from "./ansi";
import { compare, hashOf, indexOf, LEVELS, type Line, nextOf, rangeOf, Rows, type View } from "./lines";
import { EventParser } from "./sse";

const EVERYTHING: View = { levels: new Set(LEVELS), search: "", onlyMatches: false, folded: new Set(), attempts: false };
const line = (seq: number, text: string, level = "info", attempt = 1): Line => ({ attempt, seq, at: "2026-01-01T00:00:00Z", level, text });

function rowsOf(lines: Line[], view: Partial<View> = {}): Rows {
  const rows = new Rows({ ...EVERYTHING, ...view });
  rows.push(lines);
  return rows;
}
const keys = (rows: Rows) => rows.rows.map((row) => row.key);

test("events are cut where they end, wherever the pieces end", () => {
  const parser = new EventParser();
  const text = ': .\n\nid: 1.2\nevent: lines\ndata: [{"text":"你好"}]\n\nretry: 2000\n\nevent: end\ndata: {}\n\n';
  const events = [...text].flatMap((piece) => parser.push(piece));
  expect(events).toEqual([
    { name: "lines", data: '[{"text":"你好"}]', id: "1.2" },
    { name: "end", data: "{}", id: "1.2" },
  ]);
  expect(parser.retry).toBe(2000);
});

test("colours become classes, and nothing of an escape is left", () => {
  expect(piecesOf("plain")).toEqual([{ text: "plain", looks: [] }]);
  expect(piecesOf("\u001b[1;31mred\u001b[0m rest")).toEqual([
    { text: "red", looks: ["ansi-fg-red", "ansi-bold"] },
    { text: " rest", looks: [] },
  ]);
  expect(piecesOf("\u001b[38;5;196mx")[0]?.looks).toEqual(["ansi-fg-red"]);
  expect(piecesOf("\u001b[38;2;250;250;250mx")[0]?.looks).toEqual(["ansi-fg-white"]);
  expect(plain("\u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007 \u001b[2K\u001b[10;5Hx\u001b(B")).toBe("link x");
  expect(plain("10%\r50%\r100%\r")).toBe("100%");
  expect(plain("\u001b[31m<img src=x onerror=alert(1)>")).toBe("<img src=x onerror=alert(1)>");
});

test("places are read out of addresses and written into them", () => {
  for (const hash of ["#L120", "#L2.7", "#L120-L130", "#L1-L2.3"]) expect(hashOf(rangeOf(hash)!)).toBe(hash);
  expect(hashOf(rangeOf("#L130-L120")!)).toBe("#L120-L130");
  expect(rangeOf("#L2.7-L9")).toEqual({ from: { attempt: 2, seq: 7 }, to: { attempt: 2, seq: 9 } });
  expect(rangeOf("#x")).toBeNull();
  expect(compare({ attempt: 2, seq: 1 }, { attempt: 1, seq: 9 })).toBeGreaterThan(0);
});

test("levels, words and folds choose the rows", () => {
  const lines = [
    line(1, "start"), line(2, "::group::Install"), line(3, "a Needle"), line(4, "broken", "error"), line(5, "::endgroup::"),
    line(6, "needle", "warning"), line(1, "again", "info", 2), line(2, "strange", "loud", 2),
  ];
  expect(keys(rowsOf(lines))).toEqual(["1", "g2", "3", "4", "6", "2.1", "2.2"]);
  expect(keys(rowsOf(lines, { attempts: true }))).toEqual(["a1", "1", "g2", "3", "4", "6", "a2", "2.1", "2.2"]);
  expect(keys(rowsOf(lines, { folded: new Set(["g2"]) }))).toEqual(["1", "g2", "6", "2.1", "2.2"]);
  expect(keys(rowsOf(lines, { attempts: true, folded: new Set(["a1"]) }))).toEqual(["a1", "a2", "2.1", "2.2"]);
  expect(keys(rowsOf(lines, { levels: new Set(["error"]) }))).toEqual(["g2", "4"]);
  const found = rowsOf(lines, { search: "NEEDLE" });
  expect(found.matches.map((each) => found.rows[each]?.key)).toEqual(["3", "6"]);
  expect(keys(rowsOf(lines, { search: "needle", onlyMatches: true }))).toEqual(["g2", "3", "6"]);
  expect(rowsOf(lines).errors).toEqual([3]);
});

test("lines are found by their place, and one goes round among errors", () => {
  const rows = rowsOf([line(1, "a"), line(3, "b"), line(5, "c"), line(1, "d", "info", 2)]).rows;
  expect(indexOf(rows, { attempt: 1, seq: 3 })).toBe(1);
  expect(indexOf(rows, { attempt: 1, seq: 4 })).toBe(2);
  expect(indexOf(rows, { attempt: 2, seq: 1 })).toBe(3);
  expect(indexOf(rows, { attempt: 9, seq: 1 })).toBe(3);
  expect(nextOf([2, 5], 2, 1)).toBe(5);
  expect(nextOf([2, 5], 5, 1)).toBe(2);
  expect(nextOf([2, 5], 2, -1)).toBe(5);
  expect(nextOf([], 0, 1)).toBeNull();
});

test("a hundred thousand lines are one pass, and more of them cost only themselves", () => {
  const lines = Array.from({ length: 100_000 }, (_, index) => line(index + 1, `line ${index}`, index % 100 ? "info" : "error"));
  const rows = rowsOf(lines, { search: "99999" });
  expect(rows.rows).toHaveLength(100_000);
  expect(rows.matches).toEqual([99_999]);
  lines.push(line(100_001, "one more"));
  rows.push(lines, 100_000);
  expect(rows.rows).toHaveLength(100_001);
});
