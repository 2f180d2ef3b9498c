import { describe, expect, it } from "vitest";
import { expressionOf, filled } from "./paths";

const EVENT = { source: "shop", data: { total: 5, order: { id: "a7" }, tags: ["x"] } };

describe("names of fields", () => {
  it.each([
    [["total"], "total"],
    [["order", "id"], "order.id"],
    [["type"], "event.data.type"],
    [["order", "in"], 'order["in"]'],
    [["order-id"], 'event.data["order-id"]'],
  ])("%s is %s", (path, expression) => expect(expressionOf(path)).toBe(expression));
});

describe("templates", () => {
  it.each([
    ["{{ event.data.total }}", 5],
    ["order {{ event.data.order.id }} of {{event.source}}", "order a7 of shop"],
    ["{{ event.data.tags.0 }}", "x"],
    ["{{ event.data.missing }}", undefined],
    ["x {{ event.data.missing }}", undefined],
    ["plain", "plain"],
    [7, 7],
    ["{{ events }}", [EVENT]],
  ])("%s becomes %s", (template, value) => expect(filled(template, EVENT)).toEqual(value));
});
