// Where a filled task says something else than its template, field by field.

export interface Difference {
  path: string;
  template: unknown;
  task: unknown;
}

/** Of what the template says; what the task has besides are defaults. */
export function differences(template: unknown, task: unknown, path = ""): Difference[] {
  if (isObject(template) && isObject(task)) {
    return Object.entries(template).flatMap(([name, value]) => differences(value, task[name], path ? `${path}.${name}` : name));
  }
  return JSON.stringify(template) === JSON.stringify(task) ? [] : [{ path, template, task }];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
