// What is written at a tick: the time of day, or the date where a day begins. Pure.
import type { Language } from "@/app/preferences";
import type { Span } from "./scale";

export function tickText(at: number, span: Span, language: Language): string {
  const instant = new Date(at);
  const isMidnight = instant.getHours() === 0 && instant.getMinutes() === 0;
  if (isMidnight || span.to - span.from > 4 * 86_400_000) {
    return new Intl.DateTimeFormat(language, { month: "numeric", day: "numeric" }).format(instant);
  }
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(instant);
}
