import { expect, it } from "vitest";
import { curlToCreate, definitionOf, differences, readObject, type Task } from "./definition";

const task = {
  id: "1", version: 3, name: "it's", description: null, task_type: "manual", task_action: "noop", action_config: {}, enabled: true,
  queue: "default", priority: 2, dependent_tasks: [], warnings: [], retry: { max_attempts: 3 }, unique: null,
} as unknown as Task;

it("keeps what can be set and differs from the defaults", () => {
  expect(definitionOf(task)).toEqual({ name: "it's", task_type: "manual", task_action: "noop", action_config: {}, priority: 2, retry: { max_attempts: 3 } });
});

it("spells a command that a shell reads as it is meant", () => {
  const line = curlToCreate(task, "http://x");
  expect(line).toContain(`"name": "it'\\''s"`);
  expect(line).toContain("http://x/api/v1/group-ai/automation-tasks");
});

it("reads objects only", () => {
  expect([readObject("{}"), readObject("[]"), readObject("null"), readObject("{"), readObject("3")]).toEqual([{}, null, null, null, null]);
});

it("tells the fields that differ", () => {
  expect(differences({ a: 1, b: [1] }, { a: 1, b: [2], c: null })).toEqual([
    { field: "b", before: [1], after: [2] },
    { field: "c", before: undefined, after: null },
  ]);
  expect(differences(null, { a: 1 })).toEqual([{ field: "a", before: undefined, after: 1 }]);
});
