import { expect, it } from "vitest";
import { countOf, isChosen, NOTHING, type Selection, toggle, toggleRange, toggleShown, wishOf } from "./selection";

const all: Selection = { kind: "all", query: "late:true", except: new Set(["b"]) };

it("chooses some, or all but some", () => {
  expect(isChosen(toggle(NOTHING, "a"), "a")).toBe(true);
  expect(toggle(toggle(NOTHING, "a"), "a")).toEqual(NOTHING);
  expect([isChosen(all, "a"), isChosen(all, "b")]).toEqual([true, false]);
  expect(isChosen(toggle(all, "a"), "a")).toBe(false);
});

it("counts and tells what is chosen", () => {
  expect([countOf(NOTHING, 9), countOf(all, 9)]).toEqual([0, 8]);
  expect(wishOf(toggle(NOTHING, "a"), "UTC")).toEqual({ ids: ["a"] });
  expect(wishOf(all, "Asia/Taipei")).toEqual({ q: "late:true", timezone: "Asia/Taipei", except: ["b"] });
});

it("chooses a range, in either direction", () => {
  const shown = ["a", "b", "c", "d"];
  expect(shown.filter((id) => isChosen(toggleRange(toggle(NOTHING, "d"), shown, "d", "b"), id))).toEqual(["b", "c", "d"]);
  expect(toggleRange(NOTHING, shown, null, "c")).toEqual(toggle(NOTHING, "c"));
});

it("chooses all that are shown, or none", () => {
  const shown = ["a", "b"];
  expect(toggleShown(toggle(NOTHING, "a"), shown)).toEqual({ kind: "some", ids: new Set(shown) });
  expect(toggleShown({ kind: "some", ids: new Set(shown) }, shown)).toEqual(NOTHING);
});
