import { expect, it } from "vitest";
import { COLUMNS, fitting, readColumns, USUAL } from "./columns";

it("shows all that are wanted where there is room, in their order", () => {
  expect(fitting(USUAL, 2_000)).toEqual(USUAL);
  expect(fitting(COLUMNS, 3_000)).toEqual(COLUMNS);
});

it("leaves out the least important ones first", () => {
  expect(fitting(USUAL, 860)).toEqual(["strip", "last", "next"]);
  expect(fitting(USUAL, 400)).toEqual([]);
});

it("reads what was kept, and forgets what is no column any more", () => {
  expect(readColumns(null)).toBe(USUAL);
  expect(readColumns("next,colour,when")).toEqual(["when", "next"]);
  expect(readColumns("")).toEqual([]);
});
