// What the API found wrong with a form, put beside the fields that it is about.
import type { FormInstance } from "antd";
import { ApiProblem } from "@/api/problem";

export type FieldPath = (string | number)[];

/** "/query/login/secret" → ["query", "login", "secret"]; numbers are places in lists. */
export function pathOf(pointer: string): FieldPath {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** The field, of those that are `shown`, that a problem belongs to: itself, or the nearest one around it. */
export function fieldOf(path: FieldPath, shown: readonly FieldPath[]): FieldPath | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const head = JSON.stringify(path.slice(0, length));
    const found = shown.find((each) => JSON.stringify(each) === head);
    if (found) return found;
  }
  return undefined;
}

/** Mark the fields of `form` and go to the first; what belongs to none is left to `<Failure>`. */
export function showProblems(form: FormInstance, error: unknown): void {
  if (!(error instanceof ApiProblem)) return;
  const shown = form.getFieldsError().map((each) => each.name);
  const marked = new Map<string, { name: FieldPath; errors: string[] }>();
  for (const problem of error.errors) {
    const name = fieldOf(pathOf(problem.pointer), shown);
    if (!name) continue;
    const key = JSON.stringify(name);
    marked.set(key, { name, errors: [...(marked.get(key)?.errors ?? []), problem.detail] });
  }
  form.setFields([...marked.values()]);
  const first = [...marked.values()][0];
  if (first) form.scrollToField(first.name, { block: "center", focus: true });
}
