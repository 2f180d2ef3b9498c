import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { focusOnceShown } from "./focusOnceShown";

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

it("gives the focus to what is put into the document after its ref was called", () => {
  const button = document.createElement("button");
  focusOnceShown(button);
  document.body.append(button);
  vi.runAllTimers();
  expect(document.activeElement).toBe(button);
});

it("leaves somebody alone who has gone on when the field is drawn anew", () => {
  const field = document.createElement("input");
  const other = document.createElement("input");
  document.body.append(field, other);
  const handedOut = () => ({ nativeElement: field, focus: () => field.focus() });
  focusOnceShown(handedOut());
  vi.runAllTimers();
  expect(document.activeElement).toBe(field);

  other.focus();
  focusOnceShown(null);
  focusOnceShown(handedOut());
  vi.runAllTimers();
  expect(document.activeElement).toBe(other);
});
