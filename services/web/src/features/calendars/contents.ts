// A calendar while it is edited, and the body of the request that stores it. Pure.
import type { Schema } from "@/api/client";

export type Calendar = Schema<"Calendar">;
export type Window = Schema<"CalendarWindow">;
export type Day = Window["days"][number];

export const DAYS: readonly Day[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

export interface Contents {
  description: string;
  timezone: string;
  holidays: string[];
  dates: { from: string; to: string }[];
  weekly: Window[];
}

export function contentsOf(calendar: Calendar | null, zone: string): Contents {
  return {
    description: calendar?.description ?? "",
    timezone: calendar?.timezone ?? zone,
    holidays: calendar?.holidays ?? [],
    dates: calendar?.dates ?? [],
    weekly: calendar?.weekly ?? [],
  };
}

/** What is empty is left out; a range that has only one end waits until it has both. */
export function bodyOf(contents: Contents): Record<string, unknown> {
  const dates = contents.dates.filter((each) => each.from && each.to);
  return {
    timezone: contents.timezone,
    ...(contents.description.trim() ? { description: contents.description.trim() } : {}),
    ...(contents.holidays.length > 0 ? { holidays: [...new Set(contents.holidays)].sort() } : {}),
    ...(dates.length > 0 ? { dates } : {}),
    ...(contents.weekly.length > 0 ? { weekly: contents.weekly } : {}),
  };
}

export function isEmpty(contents: Contents): boolean {
  return contents.holidays.length === 0 && contents.weekly.length === 0 && !contents.dates.some((each) => each.from && each.to);
}

/** The dates in a text that somebody has copied from anywhere, each once, in order. */
export function datesIn(text: string): string[] {
  const found = new Set<string>();
  for (const [, year, month, day] of text.matchAll(/(?<!\d)(\d{4})(?:[-/.年]\s?)?(\d{1,2})(?:[-/.月]\s?)?(\d{1,2})(?!\d)/g)) {
    const date = `${year}-${month?.padStart(2, "0")}-${day?.padStart(2, "0")}`;
    const real = new Date(`${date}T00:00:00Z`);
    if (!Number.isNaN(real.getTime()) && real.toISOString().startsWith(date)) found.add(date);
  }
  return [...found].sort();
}

/** "Mon", "週一". */
export function dayName(day: Day, language: string, width: "short" | "narrow" = "short"): string {
  // 2024-01-01 was a Monday.
  const date = new Date(Date.UTC(2024, 0, 1 + DAYS.indexOf(day)));
  return new Intl.DateTimeFormat(language, { weekday: width, timeZone: "UTC" }).format(date);
}
