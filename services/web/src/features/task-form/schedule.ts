// One schedule_config, seen in several ways: presets, grids, expression, interval, once. Presets, grids and expression
// are three views of the same cron text and never change it by being looked at. Pure; what an expression means is asked
// of the server (`/schedules/explain`): a second parser would differ from it one day.
import type { Schema } from "@/api/client";
import { type Config, withConfig } from "./fields";

export type Explained = Schema<"CronExplained">;
export type CronFieldName = keyof Explained["fields"];
export type RuleKind = "cron" | "interval" | "once";
export type View = "presets" | "grid" | "expression" | "interval" | "once";

export const INTERVAL_UNITS = ["seconds", "minutes", "hours"] as const;
export type IntervalUnit = (typeof INTERVAL_UNITS)[number];
const UNIT_SECONDS: Record<IntervalUnit, number> = { seconds: 1, minutes: 60, hours: 3600 };
export const LONGEST_INTERVAL = 366 * 86_400;

const RULE_KEYS = ["cron", "day_or", "interval_seconds", "interval_minutes", "interval_hours", "at"] as const;

export function kindOf(config: Config | null): RuleKind {
  if (config && "at" in config) return "once";
  if (config && INTERVAL_UNITS.some((unit) => `interval_${unit}` in config)) return "interval";
  return "cron";
}

export function viewKind(view: View): RuleKind {
  return view === "interval" || view === "once" ? view : "cron";
}

/** The part of a config that says when; the rest (zone, window, jitter, …) holds for any kind. */
export function ruleOf(config: Config): Config {
  return Object.fromEntries(Object.entries(config).filter(([key]) => (RULE_KEYS as readonly string[]).includes(key)));
}

/** `config` with another rule; everything else stays. */
export function withRule(config: Config, rule: Config): Config {
  const cleared = Object.fromEntries(RULE_KEYS.map((key) => [key, undefined]));
  return withConfig(config, { ...cleared, ...rule });
}

export function cronOf(config: Config): string {
  return typeof config.cron === "string" ? config.cron : "";
}

export function intervalOf(config: Config): { count: number | null; unit: IntervalUnit } {
  for (const unit of INTERVAL_UNITS) {
    const value = config[`interval_${unit}`];
    if (value !== undefined) return { count: typeof value === "number" ? value : null, unit };
  }
  return { count: null, unit: "minutes" };
}

export function mostOf(unit: IntervalUnit): number {
  return Math.floor(LONGEST_INTERVAL / UNIT_SECONDS[unit]);
}

// --- grids

interface Range {
  low: number;
  high: number;
}

export const RANGES: Record<CronFieldName, Range> = {
  second: { low: 0, high: 59 },
  minute: { low: 0, high: 59 },
  hour: { low: 0, high: 23 },
  day: { low: 1, high: 31 },
  month: { low: 1, high: 12 },
  weekday: { low: 0, high: 6 },
};

/** Fields of five, and of six with the second first. */
const ORDER: CronFieldName[] = ["second", "minute", "hour", "day", "month", "weekday"];
const LAST = -1;

/** The shortest common way to write a set of numbers: `*`, a step, runs, a list. */
export function writtenNumbers(values: readonly number[], range: Range): string {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  const size = range.high - range.low + 1;
  if (sorted.length === size) return "*";
  const step = (sorted[1] ?? 0) - (sorted[0] ?? 0);
  const everyStep = sorted.length > 2 && step > 1 && sorted.every((value, index) => value === (sorted[0] ?? 0) + index * step);
  if (everyStep && sorted[0] === range.low && (sorted.at(-1) ?? 0) + step > range.high) return `*/${step}`;
  if (everyStep && sorted.length > 3) return `${sorted[0]}-${sorted.at(-1)}/${step}`;
  const runs: [number, number][] = [];
  for (const value of sorted) {
    const last = runs.at(-1);
    if (last && last[1] === value - 1) last[1] = value;
    else runs.push([value, value]);
  }
  return runs.flatMap(([from, to]) => (to - from > 1 ? [`${from}-${to}`] : from === to ? [`${from}`] : [`${from}`, `${to}`])).join(",");
}

export interface FieldValue {
  values: number[];
  last_day: boolean;
  nth: { weekday: number; nth: number }[];
}

/** The text of one field; nothing chosen means any. */
export function writtenField(name: CronFieldName, field: FieldValue): string {
  const terms = field.values.length > 0 ? [writtenNumbers(field.values, RANGES[name])] : [];
  if (field.last_day) terms.push("L");
  terms.push(...field.nth.map(({ weekday, nth }) => (nth === LAST ? `${weekday}L` : `${weekday}#${nth}`)));
  // `*` beside `L` would swallow it.
  if (terms.length > 1 && terms[0] === "*") terms.shift();
  return terms.join(",") || (name === "second" ? "0" : "*");
}

/** The expression with one field written anew; the others stay as they were written. */
export function withField(explained: Explained, name: CronFieldName, field: FieldValue): string {
  const texts = ORDER.filter((each) => explained.has_seconds || each !== "second").map((each) => (each === name ? writtenField(name, field) : explained.fields[each].text));
  return texts.join(" ");
}

/** The expression with or without its second field. */
export function withSeconds(explained: Explained, wanted: boolean): string {
  const texts = ORDER.slice(1).map((each) => explained.fields[each].text);
  return wanted ? [explained.fields.second.text, ...texts].join(" ") : texts.join(" ");
}

/** What `/schedules/explain` will say of one field after a change, to be shown until it has. */
export function expected(explained: Explained, name: CronFieldName, field: FieldValue): Explained {
  const text = writtenField(name, field);
  const range = RANGES[name];
  const all = Array.from({ length: range.high - range.low + 1 }, (_, index) => range.low + index);
  const values = text === "*" ? all : [...field.values].sort((a, b) => a - b);
  return {
    ...explained,
    cron: withField(explained, name, field),
    fields: { ...explained.fields, [name]: { text, starred: text === "*", values, last_day: field.last_day, nth: field.nth } },
  };
}
