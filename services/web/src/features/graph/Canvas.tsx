// The graph drawn. Where tasks stand depends on what ties them alone, so that nothing moves while states change.
import { Background, Controls, MarkerType, MiniMap, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { Grid } from "antd";
import { useCallback, useEffect, useMemo, useState } from "react";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { type Edge, edgeId, hidden, reach, type Whole } from "./graph";
import "./graph.css";
import { HEIGHT, layout, WIDTH } from "./layout";
import { EdgeShape, type EdgeData } from "./EdgeShape";
import { NodeCard, type NodeData } from "./NodeCard";
import { EDGE_LOOKS, nodeLook, stateKey } from "./states";
import { GRAPH } from "./texts";

const NODE_TYPES = { task: NodeCard };
const EDGE_TYPES = { tie: EdgeShape };
const STATES: Edge["state"][] = ["started", "pending", "waiting", "blocked", "idle", "off"];

interface CanvasProps {
  graph: Whole;
  open: string;
  onOpen: (id: string) => void;
  onFocus: (id: string) => void;
}

export default function Canvas(props: CanvasProps) {
  return (
    <ReactFlowProvider>
      <Drawn {...props} />
      <Legend />
    </ReactFlowProvider>
  );
}

function Drawn({ graph, open, onOpen, onFocus }: CanvasProps) {
  const t = useTexts(GRAPH);
  const { dark } = usePreferences();
  const wide = Grid.useBreakpoint().md ?? true;
  const { fitView } = useReactFlow();
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const toggle = useCallback((id: string) => {
    setCollapsed((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
  }, []);

  const away = useMemo(() => hidden(graph.nodes, graph.edges, collapsed), [graph, collapsed]);
  const ids = graph.nodes.filter((node) => !away.has(node.id)).map((node) => node.id);
  const ties = graph.edges.filter((edge) => !away.has(edge.from) && !away.has(edge.to));
  // Of live answers only a change of what is tied to what may move anything.
  const shape = JSON.stringify([ids, ties.map((edge) => [edge.from, edge.to])]);
  const places = usePlaces(shape);
  useEffect(() => {
    const timer = setTimeout(() => void fitView({ padding: 0.1, maxZoom: 1.1 }), 50);
    return () => clearTimeout(timer);
  }, [places, fitView]);

  const lit = useMemo(() => litBy(graph, open), [graph, open]);
  const nodes = graph.nodes
    .filter((node) => places.has(node.id) && !away.has(node.id))
    .map((node) => {
      const below = collapsed.has(node.id) ? [...reach(graph.edges, node.id, "down")].filter((id) => away.has(id)).length : 0;
      const data: NodeData = {
        node,
        dim: lit !== null && !lit.has(node.id),
        chosen: node.id === open,
        matched: graph.matched.includes(node.id),
        folded: below,
        foldable: graph.edges.some((edge) => edge.from === node.id),
        isFolded: collapsed.has(node.id),
        onFold: toggle,
      };
      return {
        id: node.id,
        type: "task",
        position: places.get(node.id) ?? { x: 0, y: 0 },
        width: WIDTH,
        height: HEIGHT,
        data,
        ariaLabel: t("node.label", { name: node.name, state: t(stateKey(node.state)) }),
      };
    });
  const edges = ties.map((edge) => {
    const data: EdgeData = { edge, label: t(`edge.${edge.state}`), dim: lit !== null && !(lit.has(edge.from) && lit.has(edge.to)), onOpen };
    return { id: edgeId(edge), type: "tie", source: edge.from, target: edge.to, data, focusable: false, markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16, color: EDGE_LOOKS[edge.state].color } };
  });
  return (
    <div className="graph-canvas" role="region" aria-label={t("canvas")}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        colorMode={dark ? "dark" : "light"}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable
        edgesFocusable={false}
        elementsSelectable
        onlyRenderVisibleElements={nodes.length > 200}
        minZoom={0.05}
        maxZoom={1.6}
        fitView
        onNodeClick={(_, node) => onOpen(node.id)}
        onNodeDoubleClick={(_, node) => onFocus(node.id)}
        onPaneClick={() => onOpen("")}
        onKeyDown={(event) => {
          const id = (event.target as HTMLElement).closest<HTMLElement>(".react-flow__node")?.dataset.id;
          if (id && event.key === "Enter" && !(event.target as HTMLElement).closest("button")) onOpen(id);
        }}
      >
        <Background />
        <Controls showInteractive={false} />
        {wide && nodes.length > 20 ? <MiniMap pannable zoomable nodeColor={(node) => nodeLook((node.data as unknown as NodeData).node.state).color} /> : null}
      </ReactFlow>
    </div>
  );
}

function usePlaces(shape: string) {
  return useMemo(() => {
    const [nodes, edges] = JSON.parse(shape) as [string[], [string, string][]];
    return layout(nodes, edges.map(([from, to]) => ({ from, to })));
  }, [shape]);
}

/** What stays bright while a task or an edge is open: it, and all before and after it. */
function litBy(graph: Whole, open: string): Set<string> | null {
  const edge = graph.edges.find((each) => edgeId(each) === open);
  if (edge) return new Set([edge.from, edge.to]);
  if (!open || !graph.nodes.some((node) => node.id === open)) return null;
  return new Set([open, ...reach(graph.edges, open, "up"), ...reach(graph.edges, open, "down")]);
}

function Legend() {
  const t = useTexts(GRAPH);
  return (
    <ul className="graph-legend" aria-label={t("legend")}>
      {STATES.map((state) => (
        <li key={state}>
          <svg width="28" height="8" aria-hidden style={{ marginInlineEnd: 6, verticalAlign: "middle" }}>
            <line x1="0" y1="4" x2="28" y2="4" strokeWidth="2" stroke={EDGE_LOOKS[state].color} strokeDasharray={EDGE_LOOKS[state].dash} />
          </svg>
          {t(`edge.${state}`)}
        </li>
      ))}
    </ul>
  );
}
