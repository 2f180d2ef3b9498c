// The schedules that most tasks have, each with the few numbers that differ. A preset is recognised by the text of the
// expression alone, so that it is chosen whenever the expression is what it would write. Pure.
import { writtenNumbers } from "./schedule";

export interface Choice {
  minute: number;
  hour: number;
  /** 0 is Sunday. */
  weekdays: number[];
  day: number;
  every: number;
}

export const USUAL: Choice = { minute: 0, hour: 9, weekdays: [1], day: 1, every: 15 };

export type Parameter = "time" | "minute" | "every" | "weekdays" | "day";

export interface Preset {
  name: "minutes" | "hourly" | "daily" | "workdays" | "weekly" | "monthly" | "lastDay" | "quarterly" | "yearly";
  takes: Parameter[];
  write: (choice: Choice) => string;
  /** What a matching expression says, or null. */
  read: (cron: string) => Partial<Choice> | null;
}

/** Minutes that divide the hour: others would not be evenly apart. */
export const EVERY = [1, 2, 3, 5, 10, 15, 20, 30];

const WEEK = { low: 0, high: 6 };

export const PRESETS: Preset[] = [
  {
    name: "minutes",
    takes: ["every"],
    write: ({ every }) => (every === 1 ? "* * * * *" : `*/${every} * * * *`),
    read: (cron) => {
      if (cron === "* * * * *") return { every: 1 };
      const every = Number(/^\*\/(\d+) \* \* \* \*$/.exec(cron)?.[1]);
      return EVERY.includes(every) ? { every } : null;
    },
  },
  { name: "hourly", takes: ["minute"], write: ({ minute }) => `${minute} * * * *`, read: (cron) => at(/^(\d+) \* \* \* \*$/, cron, ["minute"]) },
  { name: "daily", takes: ["time"], write: ({ minute, hour }) => `${minute} ${hour} * * *`, read: (cron) => at(/^(\d+) (\d+) \* \* \*$/, cron, ["minute", "hour"]) },
  { name: "workdays", takes: ["time"], write: ({ minute, hour }) => `${minute} ${hour} * * 1-5`, read: (cron) => at(/^(\d+) (\d+) \* \* 1-5$/, cron, ["minute", "hour"]) },
  {
    name: "weekly",
    takes: ["weekdays", "time"],
    write: ({ minute, hour, weekdays }) => `${minute} ${hour} * * ${weekdays.length ? writtenNumbers(weekdays, WEEK) : "1"}`,
    read: (cron) => {
      const found = at(/^(\d+) (\d+) \* \* (?!1-5$)[\d,-]+$/, cron, ["minute", "hour"]);
      const weekdays = numbers(cron.split(" ")[4] ?? "", 6);
      return found && weekdays ? { ...found, weekdays } : null;
    },
  },
  { name: "monthly", takes: ["day", "time"], write: ({ minute, hour, day }) => `${minute} ${hour} ${day} * *`, read: (cron) => at(/^(\d+) (\d+) (\d+) \* \*$/, cron, ["minute", "hour", "day"]) },
  { name: "lastDay", takes: ["time"], write: ({ minute, hour }) => `${minute} ${hour} L * *`, read: (cron) => at(/^(\d+) (\d+) L \* \*$/i, cron, ["minute", "hour"]) },
  { name: "quarterly", takes: ["day", "time"], write: ({ minute, hour, day }) => `${minute} ${hour} ${Math.min(day, 30)} 1,4,7,10 *`, read: (cron) => at(/^(\d+) (\d+) (\d+) 1,4,7,10 \*$/, cron, ["minute", "hour", "day"]) },
  { name: "yearly", takes: ["day", "time"], write: ({ minute, hour, day }) => `${minute} ${hour} ${day} 1 *`, read: (cron) => at(/^(\d+) (\d+) (\d+) 1 \*$/, cron, ["minute", "hour", "day"]) },
];

const ALIASES: Record<string, string> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};

/** The preset that an expression is, with its numbers; null: none. */
export function presetOf(cron: string): { preset: Preset; choice: Partial<Choice> } | null {
  const text = cron.trim().replace(/\s+/g, " ");
  const written = ALIASES[text.toLowerCase()] ?? text;
  for (const preset of PRESETS) {
    const choice = preset.read(written);
    if (choice && isPossible(choice)) return { preset, choice };
  }
  return null;
}

function at<Key extends keyof Choice>(shape: RegExp, cron: string, keys: Key[]): Partial<Choice> | null {
  const found = shape.exec(cron);
  return found ? (Object.fromEntries(keys.map((key, index) => [key, Number(found[index + 1])])) as Partial<Choice>) : null;
}

function isPossible({ minute = 0, hour = 0, day = 1 }: Partial<Choice>): boolean {
  return minute <= 59 && hour <= 23 && day >= 1 && day <= 31;
}

/** The numbers of a plain list with runs; null if it is anything else. */
function numbers(text: string, most: number): number[] | null {
  const found = new Set<number>();
  for (const part of text.split(",")) {
    const [from, to = from] = part.split("-").map(Number);
    if (from === undefined || to === undefined || !(from <= to) || to > most) return null;
    for (let each = from; each <= to; each += 1) found.add(each);
  }
  return [...found];
}
