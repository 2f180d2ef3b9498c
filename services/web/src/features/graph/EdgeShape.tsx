// A tie in the drawn graph. Its label is a button that tells why the dependant ran or not.
import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getBezierPath } from "@xyflow/react";
import { Tooltip } from "antd";
import { type Edge, edgeId } from "./graph";
import { EDGE_LOOKS } from "./states";

export interface EdgeData extends Record<string, unknown> {
  edge: Edge;
  label: string;
  dim: boolean;
  onOpen: (id: string) => void;
}

export function EdgeShape(props: EdgeProps) {
  const { edge, label, dim, onOpen } = props.data as EdgeData;
  const [path, x, y] = getBezierPath(props);
  const look = EDGE_LOOKS[edge.state];
  return (
    <>
      <BaseEdge path={path} {...(props.markerEnd ? { markerEnd: props.markerEnd } : {})} interactionWidth={18} style={{ stroke: look.color, strokeWidth: 2, opacity: dim ? 0.2 : 1, ...(look.dash ? { strokeDasharray: look.dash } : {}) }} />
      <EdgeLabelRenderer>
        <Tooltip title={edge.reason}>
          <button
            type="button"
            className="graph-edge-label nodrag nopan"
            data-dim={dim}
            style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)`, borderColor: look.color }}
            aria-label={`${label}: ${edge.reason}`}
            onClick={() => onOpen(edgeId(edge))}
          >
            {label}
          </button>
        </Tooltip>
      </EdgeLabelRenderer>
    </>
  );
}
