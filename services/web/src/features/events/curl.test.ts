import { describe, expect, it } from "vitest";
import { curl, subjectOf } from "./curl";

describe("lines for a terminal", () => {
  it("keeps quotes from ending the text", () => {
    expect(curl("/events", { a: "it's" })).toContain(`-d '{"a":"it'\\''s"}'`);
  });
});

describe("subjects", () => {
  it.each([
    ["shop", "order.paid", "event.shop.order.paid"],
    ["my shop", "a..b", "event.my_shop.a.b"],
    ["店", "", "event._._"],
  ])("%s %s", (source, type, subject) => expect(subjectOf(source, type)).toBe(subject));
});
