// The graph in words: each task with its state and, for each tie, why it ran or not. For narrow screens and screen readers.
import { AimOutlined } from "@ant-design/icons";
import { Button, Card } from "antd";
import { useMemo } from "react";
import { Link } from "react-router";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { NodeState, Ties } from "./Details";
import { byUrgency, type Whole } from "./graph";
import "./graph.css";
import { GRAPH } from "./texts";

const AT_ONCE = 200;

export function GraphList({ graph, onFocus }: { graph: Whole; onFocus: (id: string) => void }) {
  const t = useTexts(GRAPH);
  const { language } = usePreferences();
  const sorted = useMemo(() => byUrgency(graph.nodes, language).slice(0, AT_ONCE), [graph.nodes, language]);
  return (
    <ul className="graph-list" aria-label={t("list.label")}>
      {sorted.map((node) => (
        <li key={node.id}>
          <Card size="small">
            <div style={{ display: "flex", gap: 8, justifyContent: "space-between", alignItems: "flex-start" }}>
              <h2 className="graph-name">{node.deleted ? node.name || node.id : <Link to={`/tasks/${node.id}`}>{node.name}</Link>}</h2>
              <Button size="small" type="text" icon={<AimOutlined />} aria-label={`${t("node.focus")}: ${node.name}`} onClick={() => onFocus(node.id)} />
            </div>
            <NodeState node={node} />
            <Ties graph={graph} node={node} />
          </Card>
        </li>
      ))}
    </ul>
  );
}
