import { expect, test } from "vitest";
import { fieldOf, pathOf } from "./formProblems";

test("a pointer is the path of a field", () => {
  expect(pathOf("/query/login/secret")).toEqual(["query", "login", "secret"]);
  expect(pathOf("/config/to/0")).toEqual(["config", "to", 0]);
  expect(pathOf("/labels/a~1b~0c")).toEqual(["labels", "a/b~c"]);
  expect(pathOf("")).toEqual([]);
});

test("a problem within a field is the field's", () => {
  const shown = [["name"], ["config", "to"]];
  expect(fieldOf(["config", "to", 0], shown)).toEqual(["config", "to"]);
  expect(fieldOf(["name"], shown)).toEqual(["name"]);
  expect(fieldOf(["config"], shown)).toBeUndefined();
});
