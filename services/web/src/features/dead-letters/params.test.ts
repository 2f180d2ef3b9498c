import { expect, it } from "vitest";
import { byTask, readParams } from "./params";

it("parameters are a JSON object or nothing", () => {
  expect(readParams('{"url": "x"}')).toEqual({ url: "x" });
  for (const text of ["", "[1]", "null", '"x"', "{"]) expect(readParams(text)).toBeNull();
});

it("tasks are counted, the most first", () => {
  const run = (id: string) => ({ task_id: id, task_name: `task ${id}` });
  expect(byTask([run("a"), run("b"), run("b")])).toEqual([
    { id: "b", name: "task b", count: 2 },
    { id: "a", name: "task a", count: 1 },
  ]);
});
