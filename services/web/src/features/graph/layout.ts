// Where the tasks are drawn: left to right, by dagre while the graph is small, in plain layers when it is large.
import dagre from "@dagrejs/dagre";
import { layered } from "./graph";

export const WIDTH = 224;
export const HEIGHT = 66;
const GAP_X = 130;
const GAP_Y = 26;
/** Beyond this many tasks a careful layout would hold up the page. */
const CAREFUL = 300;

export function layout(ids: readonly string[], edges: readonly { from: string; to: string }[]): Map<string, { x: number; y: number }> {
  if (ids.length > CAREFUL) return layered(ids, edges, WIDTH + GAP_X, HEIGHT + GAP_Y);
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", ranksep: GAP_X, nodesep: GAP_Y });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of ids) graph.setNode(id, { width: WIDTH, height: HEIGHT });
  for (const { from, to } of edges) graph.setEdge(from, to);
  dagre.layout(graph);
  return new Map(
    ids.map((id) => {
      const place = graph.node(id) as { x: number; y: number };
      return [id, { x: place.x - WIDTH / 2, y: place.y - HEIGHT / 2 }];
    }),
  );
}
