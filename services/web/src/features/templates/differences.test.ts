import { describe, expect, it } from "vitest";
import { differences } from "./differences";

describe("differences", () => {
  it("names each field that was filled, however deep", () => {
    const template = { name: "{{ x }}", task_type: "manual", action_config: { url: "{{ url }}", method: "POST", hmac: { secret: "{{ s }}" } } };
    const task = { name: "a", task_type: "manual", action_config: { url: "https://a", method: "POST" }, queue: "default" };

    expect(differences(template, task).map((each) => [each.path, each.task])).toEqual([
      ["name", "a"],
      ["action_config.url", "https://a"],
      ["action_config.hmac", undefined],
    ]);
  });

  it("finds none in equal tasks", () => {
    expect(differences({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] })).toEqual([]);
  });
});
