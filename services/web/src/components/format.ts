// Times, durations and numbers as people read them. Pure: language and now are arguments.
import type { Language } from "@/app/preferences";

const SECOND = 1_000;
const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 365 * 86_400_000],
  ["month", 30 * 86_400_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", SECOND],
];

/** "in 3 minutes", "2 天前"; below a second it is now. */
export function relative(instant: Date, now: Date, language: Language): string {
  const distance = instant.getTime() - now.getTime();
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  for (const [unit, length] of UNITS) {
    if (Math.abs(distance) >= length) return format.format(Math.trunc(distance / length), unit);
  }
  return format.format(0, "second");
}

/** The whole local time with its offset, as it stands in tooltips. */
export function exact(instant: Date, language: Language, timeZone?: string): string {
  return new Intl.DateTimeFormat(language, {
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
    hourCycle: "h23", timeZoneName: "shortOffset", ...(timeZone ? { timeZone } : {}),
  }).format(instant);
}

/** Short and sortable by eye: the time today, the date otherwise. */
export function short(instant: Date, now: Date, language: Language): string {
  const today = instant.toDateString() === now.toDateString();
  const sameYear = instant.getFullYear() === now.getFullYear();
  return new Intl.DateTimeFormat(language, {
    ...(today ? {} : { month: "2-digit", day: "2-digit", ...(sameYear ? {} : { year: "numeric" as const }) }),
    hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(today ? { second: "2-digit" as const } : {}),
  }).format(instant);
}

const SHORT: Record<Language, [string, string, string, string, string]> = {
  "zh-TW": ["毫秒", "秒", "分", "時", "天"],
  en: ["ms", "s", "min", "h", "d"],
};

/** Two units at most: "320 ms", "4.2 s", "3 min 20 s", "2 h 5 min", "3 d 4 h". */
export function duration(seconds: number, language: Language): string {
  const [ms, s, min, h, d] = SHORT[language];
  if (seconds < 1) return `${Math.round(seconds * 1_000)} ${ms}`;
  if (seconds < 60) return `${seconds < 10 ? Number(seconds.toFixed(1)) : Math.floor(seconds)} ${s}`;
  const whole = Math.floor(seconds);
  const pair = (big: number, bigUnit: string, small: number, smallUnit: string) =>
    small ? `${big} ${bigUnit} ${small} ${smallUnit}` : `${big} ${bigUnit}`;
  if (whole < 3_600) return pair(Math.floor(whole / 60), min, whole % 60, s);
  if (whole < 86_400) return pair(Math.floor(whole / 3_600), h, Math.floor((whole % 3_600) / 60), min);
  return pair(Math.floor(whole / 86_400), d, Math.floor((whole % 86_400) / 3_600), h);
}

/** "1.2 MB"; powers of 1,000. */
export function bytes(count: number, language: Language): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = count;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${value.toLocaleString(language, { maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0 })} ${units[unit]}`;
}

/** A share (0..1) as per cent; 99.97 % is never rounded up to 100. */
export function percent(share: number, language: Language): string {
  const floored = Math.floor(share * 1_000) / 1_000;
  return floored.toLocaleString(language, { style: "percent", maximumFractionDigits: 1 });
}
