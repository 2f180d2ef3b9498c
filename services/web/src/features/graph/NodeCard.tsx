// A task in the drawn graph.
import { Handle, type NodeProps, Position } from "@xyflow/react";
import { Button } from "antd";
import { useTexts } from "@/app/texts";
import { When } from "@/components/Time";
import type { Node } from "./graph";
import { nodeLook, stateKey } from "./states";
import { GRAPH } from "./texts";

export interface NodeData extends Record<string, unknown> {
  node: Node;
  dim: boolean;
  chosen: boolean;
  matched: boolean;
  /** Something comes after it; how many of that are hidden because it is folded. */
  foldable: boolean;
  isFolded: boolean;
  folded: number;
  onFold: (id: string) => void;
}

export function NodeCard({ data }: NodeProps) {
  const t = useTexts(GRAPH);
  const { node, dim, chosen, matched, foldable, isFolded, folded, onFold } = data as NodeData;
  const look = nodeLook(node.state);
  return (
    <div className="graph-node" data-dim={dim} data-chosen={chosen} data-matched={matched} style={{ borderInlineStartColor: look.color }}>
      <Handle type="target" position={Position.Left} isConnectable={false} style={{ visibility: "hidden" }} />
      <span className="graph-node-name" title={node.name}>{node.name || node.id}</span>
      <span className="graph-node-line">
        <span style={{ color: look.color }} aria-hidden>{look.icon}</span>
        <span>{t(stateKey(node.state))}{node.failures > 1 ? ` ×${node.failures}` : ""}</span>
        <span style={{ marginInlineStart: "auto", flexShrink: 0 }}>{node.last_ended_at ? <When at={node.last_ended_at} /> : null}</span>
      </span>
      <span className="graph-node-line">
        {node.next_fire_at ? <><span>{t("node.next")}</span><When at={node.next_fire_at} /></> : <span>{node.task_action ?? " "}</span>}
      </span>
      <Handle type="source" position={Position.Right} isConnectable={false} style={{ visibility: "hidden" }} />
      {foldable ? (
        <Button
          size="small"
          className="graph-fold nodrag"
          aria-expanded={!isFolded}
          aria-label={isFolded ? t("node.expand", { name: node.name, count: folded }) : t("node.collapse", { name: node.name })}
          onClick={(event) => {
            event.stopPropagation();
            onFold(node.id);
          }}
        >
          {isFolded ? `+${folded}` : "−"}
        </Button>
      ) : null}
    </div>
  );
}
