// What an entry says about fields: which differ, and how each value is written. Pure.

export interface FieldChange {
  field: string;
  /** Null: it was not there. */
  before: string | null;
  after: string | null;
}

type View = Record<string, unknown> | null;

/** Every field that differs, in the order of the newer view; parts of objects one by one ("retry.max_attempts"). */
export function changes(before: View, after: View): FieldChange[] {
  const was = flat(before);
  const is = flat(after);
  const fields = [...new Set([...is.keys(), ...was.keys()])].filter((field) => !isFilled(field, was, is));
  return fields.filter((field) => was.get(field) !== is.get(field)).map((field) => ({ field, before: was.get(field) ?? null, after: is.get(field) ?? null }));
}

/** An empty object on one side whose parts are told on the other. */
function isFilled(field: string, ...sides: Map<string, string>[]): boolean {
  const empty = sides.some((side) => side.get(field) === "{}");
  return empty && sides.some((side) => [...side.keys()].some((key) => key.startsWith(`${field}.`)));
}

/** Deeper objects are shown as JSON: a path of many parts reads worse than they do. */
const DEEPEST = 3;

function flat(view: View): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (value: unknown, path: string[]) => {
    const inner = isPlain(value) && path.length < DEEPEST ? Object.entries(value) : [];
    if (inner.length === 0) {
      if (path.length > 0) found.set(path.join("."), written(value));
      return;
    }
    for (const [name, part] of inner) walk(part, [...path, name]);
  };
  walk(view, []);
  return found;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function written(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, Array.isArray(value) || isPlain(value) ? 1 : 0);
}

/** The pages where things of a kind are seen, if they have one. */
export function pageOf(kind: string, id: string): string | null {
  const name = encodeURIComponent(id);
  switch (kind) {
    case "task":
      return `/tasks/${name}`;
    case "run":
    case "dead_run":
      return `/runs/${name}`;
    case "account":
      return `/accounts/${name}`;
    case "script":
      return `/scripts/${name}`;
    case "alert":
      return `/alerts/${name}`;
    case "user":
      return `/users?text=${name}`;
    case "queue":
      return "/queues";
    case "calendar":
      return "/calendars";
    case "channel":
      return "/channels";
    case "secret":
      return "/secrets";
    case "backup":
      return "/backups";
    case "token":
      return "/tokens?whose=every&show=all";
    default:
      return null;
  }
}
