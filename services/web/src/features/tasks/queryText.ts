// The query line as text: which word the caret is in, what could stand there, words put in and taken out.
// What a query means is the server's to judge; nothing here does.
import type { Schema } from "@/api/client";

export type QueryField = Schema<"QueryField">;

export interface Suggestion {
  /** Takes the place of the text from `start` to `end` of the completion. */
  text: string;
  label: string;
  help: string;
  /** A field: its value comes next. */
  goesOn: boolean;
}

export interface Completion {
  start: number;
  end: number;
  items: Suggestion[];
}

const MOST = 12;
const HEAD = /^(-?)([a-z_]+)(!=|<=|>=|[:=<>])/i;

/** What could stand where the caret is. */
export function complete(line: string, caret: number, fields: readonly QueryField[]): Completion {
  const start = wordStart(line, caret);
  const word = line.slice(start, caret);
  const head = HEAD.exec(word);
  if (head) {
    const field = fields.find((each) => each.name === head[2]?.toLowerCase());
    const valueStart = start + Math.max(head[0].length, word.lastIndexOf(",") + 1);
    const begun = line.slice(valueStart, caret).replace(/^"/, "").toLowerCase();
    const items = (field?.choices ?? [])
      .filter((choice) => choice.toLowerCase().includes(begun) && choice.toLowerCase() !== begun)
      .slice(0, MOST)
      .map((choice) => ({ text: quoted(choice), label: choice, help: "", goesOn: false }));
    return { start: valueStart, end: caret, items };
  }
  const minus = word.startsWith("-") ? 1 : 0;
  const begun = word.slice(minus).toLowerCase();
  const found = fields.filter((field) => field.name.startsWith(begun));
  const others = begun ? fields.filter((field) => !field.name.startsWith(begun) && field.name.includes(begun)) : [];
  const items = [...found, ...others].slice(0, begun ? MOST : fields.length).map((field) => ({
    text: field.name + (field.kind === "time" ? "<" : field.kind === "number" ? ">" : ":"),
    label: field.name,
    help: field.help,
    goesOn: true,
  }));
  return { start: start + minus, end: caret, items };
}

/** The line with a suggestion in its place, and where the caret then is. */
export function accept(line: string, completion: Completion, item: Suggestion): { line: string; caret: number } {
  const rest = line.slice(completion.end);
  const text = item.goesOn || rest.startsWith(" ") ? item.text : `${item.text} `;
  return { line: line.slice(0, completion.start) + text + rest, caret: completion.start + text.length };
}

/** The words of a line; blanks within quotation marks do not part them. */
export function wordsOf(line: string): string[] {
  return line.match(/(?:[^\s"]|"(?:\\.|[^"\\])*"?)+/g) ?? [];
}

export function hasWord(line: string, word: string): boolean {
  return wordsOf(line).includes(word);
}

/** The line with the word, or without it if it was there; words in `instead` of which it stands go. */
export function toggleWord(line: string, word: string, instead: readonly string[] = []): string {
  const words = wordsOf(line);
  if (words.includes(word)) return words.filter((each) => each !== word).join(" ");
  return [...words.filter((each) => !instead.includes(each)), word].join(" ");
}

/** Text as one word. */
export function quoted(text: string): string {
  return /^[^\s",:=<>!-][^\s",]*$/.test(text) ? text : `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

export interface Piece {
  text: string;
  wrong: boolean;
}

/** The line in pieces, those that problems are about marked. Places are counted in characters, as the server does. */
export function marked(line: string, problems: readonly { position?: number | null; length?: number | null }[]): Piece[] {
  const marks = Array.from(line);
  const wrong = marks.map(() => false);
  for (const { position, length } of problems) {
    if (position === null || position === undefined) continue;
    for (let at = position; at < position + (length ?? 1) && at < marks.length; at += 1) wrong[at] = true;
  }
  const pieces: Piece[] = [];
  marks.forEach((mark, at) => {
    const last = pieces.at(-1);
    if (last && last.wrong === wrong[at]) last.text += mark;
    else pieces.push({ text: mark, wrong: wrong[at] ?? false });
  });
  return pieces;
}

function wordStart(line: string, caret: number): number {
  let start = 0;
  let open = false;
  for (let at = 0; at < caret; at += 1) {
    if (line[at] === '"' && line[at - 1] !== "\\") open = !open;
    else if (!open && /\s/.test(line[at] ?? "")) start = at + 1;
  }
  return start;
}
