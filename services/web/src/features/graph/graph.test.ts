import { describe, expect, it } from "vitest";
import { byUrgency, type Edge, hidden, layered, type Node, reach } from "./graph";

const edge = (from: string, to: string) => ({ from, to, kind: "dependent_tasks" }) as Edge;
const node = (id: string, state = "success") => ({ id, name: id, state }) as Node;
const nodes = ["a", "b", "c", "d", "e"].map((id) => node(id));
// a → b → c, a → d → c, e alone
const edges = [edge("a", "b"), edge("b", "c"), edge("a", "d"), edge("d", "c")];

describe("reach", () => {
  it("follows the edges either way", () => {
    expect([...reach(edges, "b", "down")]).toEqual(["c"]);
    expect([...reach(edges, "c", "up")].sort()).toEqual(["a", "b", "d"]);
  });

  it("ends in a loop", () => {
    expect([...reach([edge("a", "b"), edge("b", "a")], "a", "down")].sort()).toEqual(["a", "b"]);
  });
});

describe("hidden", () => {
  it("is what only a collapsed node leads to", () => {
    expect([...hidden(nodes, edges, new Set(["b"]))]).toEqual([]); // d leads to c, too
    expect([...hidden(nodes, edges, new Set(["b", "d"]))]).toEqual(["c"]);
    expect([...hidden(nodes, edges, new Set(["a"]))].sort()).toEqual(["b", "c", "d"]);
  });

  it("is nothing while nothing is collapsed", () => {
    expect(hidden(nodes, edges, new Set()).size).toBe(0);
  });
});

describe("layered", () => {
  it("puts what comes after to the right", () => {
    const places = layered(["a", "b", "c", "d"], edges, 10, 5);
    expect(places.get("a")).toEqual({ x: 0, y: 0 });
    expect(places.get("c")?.x).toBe(20);
    expect(new Set([places.get("b")?.y, places.get("d")?.y])).toEqual(new Set([0, 5]));
  });

  it("ends in a loop", () => {
    expect(layered(["a", "b"], [edge("a", "b"), edge("b", "a")], 10, 5).size).toBe(2);
  });

  it("takes two thousand tasks in a moment", () => {
    const ids = Array.from({ length: 2_000 }, (_, index) => `${index}`);
    const chain = ids.slice(1).map((to, index) => ({ from: ids[index - (index % 7)] ?? "0", to }));
    const begun = performance.now();
    layered(ids, chain, 10, 5);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });
});

it("the list begins with what needs a look", () => {
  const sorted = byUrgency([node("z"), node("b", "failure"), node("a", "running"), node("m", "brand_new")], "en");
  expect(sorted.map((each) => each.name)).toEqual(["b", "a", "z", "m"]);
});
