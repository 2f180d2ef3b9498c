import { describe, expect, it } from "vitest";
import { accept, complete, hasWord, marked, type QueryField, quoted, toggleWord, wordsOf } from "./queryText";

const field = (name: string, kind: QueryField["kind"], choices: string[] = []): QueryField => ({
  name, kind, choices, operators: [":"], help: `about ${name}`, example: "",
});
const FIELDS = [field("enabled", "flag", ["true", "false"]), field("name", "text"), field("next", "time", ["1h", "today"]), field("queue", "choice", ["default", "night shift"])];

describe("completion", () => {
  const labels = (line: string, caret = line.length) => complete(line, caret, FIELDS).items.map((each) => each.label);

  it("offers all fields on an empty line and after a blank", () => {
    expect(labels("")).toHaveLength(4);
    expect(labels("enabled:true ")).toHaveLength(4);
  });
  it("offers the fields that begin with what is written, then those that hold it", () => {
    expect(labels("n")).toEqual(["name", "next", "enabled"]);
    expect(labels("-n")).toEqual(["name", "next", "enabled"]);
  });
  it("offers values of the field, also behind a comma, but not what is there already", () => {
    expect(labels("enabled:")).toEqual(["true", "false"]);
    expect(labels("enabled:f")).toEqual(["false"]);
    expect(labels("enabled:false")).toEqual([]);
    expect(labels("queue:default,n")).toEqual(["night shift"]);
    expect(labels("colour:")).toEqual([]);
  });
  it("puts what is accepted in the place of what is begun", () => {
    const take = (line: string, caret = line.length) => {
      const completion = complete(line, caret, FIELDS);
      return accept(line, completion, completion.items[0]!);
    };
    expect(take("a -ne")).toEqual({ line: "a -next<", caret: 8 });
    expect(take("enabled:t x", 9)).toEqual({ line: "enabled:true x", caret: 12 });
    expect(take("queue:n")).toEqual({ line: 'queue:"night shift" ', caret: 20 });
  });
  it("is not led astray by blanks in quotation marks", () => {
    expect(labels('name:"a b')).toEqual([]);
    expect(labels('name:"a b" qu')).toEqual(["queue"]);
  });
});

describe("words", () => {
  it("are parted by blanks outside of quotation marks", () => {
    expect(wordsOf(' a  name:"b c" "d \\" e" f')).toEqual(["a", 'name:"b c"', '"d \\" e"', "f"]);
  });
  it("are put in and taken out", () => {
    expect(toggleWord("a", "late:true")).toBe("a late:true");
    expect(toggleWord("a late:true b", "late:true")).toBe("a b");
    expect(toggleWord("enabled:false a", "enabled:true", ["enabled:false"])).toBe("a enabled:true");
    expect(hasWord('name:"late:true"', "late:true")).toBe(false);
  });
  it("are quoted where they must be", () => {
    expect([quoted("Asia/Taipei"), quoted("a b"), quoted('a"b'), quoted("-a"), quoted("備份"), quoted("a:b")]).toEqual([
      "Asia/Taipei", '"a b"', '"a\\"b"', '"-a"', "備份", "a:b",
    ]);
  });
});

it("marks what problems are about, counting characters beyond the basic plane as one", () => {
  expect(marked("😀 bad ok", [{ position: 2, length: 3 }])).toEqual([
    { text: "😀 ", wrong: false },
    { text: "bad", wrong: true },
    { text: " ok", wrong: false },
  ]);
  expect(marked("x", [{ position: null }])).toEqual([{ text: "x", wrong: false }]);
});
