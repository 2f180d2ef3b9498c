// How a condition names a field of an event's data, and what a template makes of an event: as the server does it
// (services/api/events/fields.py, shared/domain/trigger_template.py).

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const WORDS = new Set(
  "as break const continue else false for function if import in let loop namespace null package return true var void while".split(" "),
);
const TAKEN = new Set(
  "event type int uint double string bytes bool list map null_type dyn size has all exists exists_one filter matches contains startsWith endsWith timestamp duration google".split(" "),
);

export function expressionOf(path: readonly string[]): string {
  const [first = "", ...rest] = path;
  if (NAME.test(first) && !WORDS.has(first) && !TAKEN.has(first)) return first + rest.map(selected).join("");
  return `event.data${path.map(selected).join("")}`;
}

function selected(step: string): string {
  return NAME.test(step) && !WORDS.has(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

const BLANK = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** What a template becomes with an event; undefined: the event lacks a value, the task's own parameter stays. */
export function filled(template: unknown, event: Record<string, unknown>): unknown {
  if (typeof template !== "string") return template;
  const whole = /^\{\{\s*([^{}]*?)\s*\}\}$/.exec(template.trim());
  if (whole) return valueAt(event, whole[1] ?? "");
  let missing = false;
  const text = template.replace(BLANK, (_, path: string) => {
    const value = valueAt(event, path);
    if (value === undefined) missing = true;
    return typeof value === "string" ? value : JSON.stringify(value ?? null);
  });
  return missing ? undefined : text;
}

function valueAt(event: Record<string, unknown>, path: string): unknown {
  const steps = path.split(".");
  if (steps[0] === "events") return steps.length === 1 ? [event] : undefined;
  if (steps[0] !== "event") return undefined;
  let value: unknown = event;
  for (const step of steps.slice(1)) {
    if (typeof value !== "object" || value === null || !(step in value)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}
