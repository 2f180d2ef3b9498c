// What programs write for terminals, as pieces of text with looks. Only colours and weight are kept: everything
// else that a terminal would obey (moving, erasing, links, titles) is dropped, so a line is always just text. Pure.
import Anser from "anser";

export interface Piece {
  text: string;
  /** Names of classes in log.css; colours by number or by value become the nearest of the sixteen. */
  looks: string[];
}

const ESCAPES = /\u001b(?:\](?:[^\u0007\u001b]|\u001b(?!\\))*(?:\u0007|\u001b\\)|\[[0-?]*[ -/]*[@-ln-~]|[PX^_][^\u001b]*\u001b\\|[@-Z\\^_()][0-9A-Z]?)/g;
const CONTROLS = /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f]/g;

/** The line as a terminal would show it in the end: what a carriage return overwrote is gone. */
export function settled(text: string): string {
  const last = text.replace(/\r+$/, "").lastIndexOf("\r");
  return last < 0 ? text : text.slice(last + 1);
}

export function hasAnsi(text: string): boolean {
  return text.includes("\u001b") || text.includes("\r");
}

export function plain(text: string): string {
  return hasAnsi(text) ? piecesOf(text).map((each) => each.text).join("") : text;
}

export function piecesOf(text: string): Piece[] {
  if (!hasAnsi(text)) return [{ text, looks: [] }];
  const cleaned = settled(text).replace(ESCAPES, "");
  return Anser.ansiToJson(cleaned, { json: true, remove_empty: true, use_classes: true }).map((chunk) => ({
    text: chunk.content.replaceAll("\u001b", "").replace(CONTROLS, ""),
    looks: [
      ...colour("ansi-fg", chunk.fg, chunk.fg_truecolor),
      ...colour("ansi-bg", chunk.bg, chunk.bg_truecolor),
      ...(chunk.decorations ?? []).map((each) => `ansi-${each}`),
    ],
  }));
}

const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

function colour(prefix: string, name: string | null, value: string | null): string[] {
  if (!name) return [];
  const numbered = /^ansi-palette-(\d+)$/.exec(name);
  if (numbered) return [`${prefix}-${nearest(rgbOf(Number(numbered[1])))}`];
  if (name === "ansi-truecolor") {
    const [red = 0, green = 0, blue = 0] = (value ?? "").split(",").map(Number);
    return [`${prefix}-${nearest([red, green, blue])}`];
  }
  return [`${prefix}-${name.replace(/^ansi-/, "")}`];
}

type Rgb = [number, number, number];

function rgbOf(number: number): Rgb {
  if (number >= 232) {
    const grey = 8 + (number - 232) * 10;
    return [grey, grey, grey];
  }
  const steps = [0, 95, 135, 175, 215, 255];
  const cube = number - 16;
  return [steps[Math.floor(cube / 36) % 6] ?? 0, steps[Math.floor(cube / 6) % 6] ?? 0, steps[cube % 6] ?? 0];
}

function nearest([red, green, blue]: Rgb): string {
  const middle = (Math.max(red, green, blue) + Math.min(red, green, blue)) / 2;
  if (Math.max(red, green, blue) - Math.min(red, green, blue) < 40) {
    return middle < 64 ? "black" : middle < 176 ? "bright-black" : "white";
  }
  const bits = (red > middle ? 1 : 0) + (green > middle ? 2 : 0) + (blue > middle ? 4 : 0);
  return `${middle > 150 ? "bright-" : ""}${NAMES[bits] ?? "white"}`;
}
