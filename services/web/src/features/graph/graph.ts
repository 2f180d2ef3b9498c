// What is known of the graph, worked out without drawing it. Pure.
import type { Schema } from "@/api/client";

export type Whole = Schema<"WholeGraph">;
export type Node = Whole["nodes"][number];
export type Edge = Whole["edges"][number];

export function edgeId(edge: Pick<Edge, "from" | "to" | "kind">): string {
  return `${edge.from}>${edge.to}>${edge.kind}`;
}

/** Everything that can be reached from `start` along the edges, itself left out unless a loop leads back. */
export function reach(edges: readonly Edge[], start: string, direction: "up" | "down"): Set<string> {
  const next = new Map<string, string[]>();
  for (const edge of edges) {
    const [here, there] = direction === "down" ? [edge.from, edge.to] : [edge.to, edge.from];
    next.set(here, [...(next.get(here) ?? []), there]);
  }
  const found = new Set<string>();
  const line = [start];
  while (line.length > 0) {
    for (const each of next.get(line.pop() ?? "") ?? []) {
      if (!found.has(each)) {
        found.add(each);
        line.push(each);
      }
    }
  }
  return found;
}

/** Nodes that are hidden because all ways to them lead through collapsed ones. A collapsed node itself stays. */
export function hidden(nodes: readonly Node[], edges: readonly Edge[], collapsed: ReadonlySet<string>): Set<string> {
  if (collapsed.size === 0) return new Set();
  const has = new Set(edges.map((edge) => edge.to));
  const open = edges.filter((edge) => !collapsed.has(edge.from));
  const shown = new Set<string>();
  for (const root of nodes.filter((node) => !has.has(node.id))) {
    shown.add(root.id);
    reach(open, root.id, "down").forEach((id) => shown.add(id));
  }
  const below = new Set<string>();
  for (const each of collapsed) reach(edges, each, "down").forEach((id) => below.add(id));
  collapsed.forEach((id) => {
    if (!has.has(id)) below.delete(id);
  });
  // What is in a loop has no root; only what lies below something collapsed is ever hidden.
  return new Set([...below].filter((id) => !shown.has(id)));
}

/** Places of nodes, left to right by how far they are from a beginning. For graphs too large for a careful layout. */
export function layered(ids: readonly string[], edges: readonly { from: string; to: string }[], width: number, height: number): Map<string, { x: number; y: number }> {
  const level = new Map(ids.map((id) => [id, 0]));
  // Each round moves what comes after at least one step to the right; loops are cut by the number of rounds.
  for (let round = 0, moved = true; moved && round < Math.min(ids.length, 200); round += 1) {
    moved = false;
    for (const { from, to } of edges) {
      const wanted = (level.get(from) ?? 0) + 1;
      if (wanted > (level.get(to) ?? 0) && wanted < ids.length) {
        level.set(to, wanted);
        moved = true;
      }
    }
  }
  const places = new Map<string, { x: number; y: number }>();
  const rows = new Map<number, number>();
  for (const id of ids) {
    const column = level.get(id) ?? 0;
    const row = rows.get(column) ?? 0;
    rows.set(column, row + 1);
    places.set(id, { x: column * width, y: row * height });
  }
  return places;
}

/** For the list: what needs a look first. */
const ORDER = ["failure", "timed_out", "needs_operator", "running", "waiting", "cancelled", "never", "success", "disabled", "deleted"];

export function byUrgency(nodes: readonly Node[], language: string): Node[] {
  const rank = (node: Node) => {
    const place = ORDER.indexOf(node.state);
    return place < 0 ? ORDER.length : place;
  };
  return [...nodes].sort((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name, language));
}
