// Matchers of labels as people write them, and silences made of an alert. The API alone says what they match. Pure.
import type { Schema } from "@/api/client";

export type Matcher = { name: string; op: NonNullable<Schema<"AlertMatcher">["op"]>; value: string };

export const OPS = ["=", "!=", "=~", "!~"] as const satisfies Matcher["op"][];
const LONGEST_LINK = 1_500;

/** `queue="slow"`, as Alertmanager writes it. */
export function spelled(matcher: Pick<Matcher, "name" | "op" | "value">): string {
  return `${matcher.name}${matcher.op}${JSON.stringify(matcher.value)}`;
}

/** Matchers that mean exactly the alerts with these labels. */
export function matchersOf(labels: Record<string, string>): Matcher[] {
  return Object.entries(labels)
    .sort(([one], [other]) => (one === "alertname" ? -1 : other === "alertname" ? 1 : one.localeCompare(other)))
    .slice(0, 20)
    .map(([name, value]) => ({ name, op: "=", value }));
}

/** Those labels that all of them share: what a silence of several alerts is made of. */
export function shared(all: Record<string, string>[]): Record<string, string> {
  const [first, ...others] = all;
  return Object.fromEntries(Object.entries(first ?? {}).filter(([name, value]) => others.every((each) => each[name] === value)));
}

/** Where a silence with these matchers is made; too many of them are left to be written there. */
export function silencePath(labels: Record<string, string>): string {
  const text = JSON.stringify(matchersOf(labels).map(({ name, op, value }) => [name, op, value]));
  return `/alert-silences?open=new&matchers=${encodeURIComponent(text.length > LONGEST_LINK ? "[]" : text)}`;
}

/** The matchers of such an address; what is none of them is left out. */
export function readMatchers(text: string): Matcher[] {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return [];
  }
  if (!Array.isArray(found)) return [];
  return found
    .filter((each): each is [string, Matcher["op"], string] => Array.isArray(each) && each.length === 3 && each.every((part) => typeof part === "string"))
    .filter(([, op]) => OPS.includes(op))
    .map(([name, op, value]) => ({ name, op, value }));
}
