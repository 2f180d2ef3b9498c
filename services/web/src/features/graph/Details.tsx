// What one has chosen in the graph: a task with what is before and after it, or an edge with why its dependant ran or not.
import { AimOutlined, ExportOutlined } from "@ant-design/icons";
import { Button, Descriptions, Drawer, Space, Tag } from "antd";
import { Link } from "react-router";
import { useTexts } from "@/app/texts";
import { LinkButton } from "@/components/LinkButton";
import { When } from "@/components/Time";
import { type Edge, edgeId, type Node, type Whole } from "./graph";
import { EDGE_LOOKS, nodeLook, stateKey } from "./states";
import { GRAPH } from "./texts";

interface DetailsProps {
  graph: Whole;
  /** A task's id, or an edge's. */
  open: string;
  onClose: () => void;
  onOpen: (id: string) => void;
  onFocus: (id: string) => void;
}

export function Details({ graph, open, onClose, onOpen, onFocus }: DetailsProps) {
  const t = useTexts(GRAPH);
  const node = graph.nodes.find((each) => each.id === open);
  const edge = node ? undefined : graph.edges.find((each) => edgeId(each) === open);
  return (
    <Drawer open={!!(node ?? edge)} onClose={onClose} size={420} mask={false} title={node ? node.name || node.id : t("edge.title")} destroyOnHidden>
      {node ? <NodeDetails graph={graph} node={node} onOpen={onOpen} onFocus={onFocus} /> : null}
      {edge ? <EdgeDetails graph={graph} edge={edge} onOpen={onOpen} /> : null}
    </Drawer>
  );
}

function NodeDetails({ graph, node, onOpen, onFocus }: { graph: Whole; node: Node; onOpen: (id: string) => void; onFocus: (id: string) => void }) {
  const t = useTexts(GRAPH);
  return (
    <Space orientation="vertical" size={16} style={{ width: "100%" }}>
      <NodeState node={node} />
      <Space wrap>
        {node.deleted ? null : <LinkButton to={`/tasks/${node.id}`} type="primary" icon={<ExportOutlined />}>{t("node.open")}</LinkButton>}
        <Button icon={<AimOutlined />} onClick={() => onFocus(node.id)}>{t("node.focus")}</Button>
        {node.last_run_id ? <LinkButton to={`/runs/${node.last_run_id}`}>{t("node.run")}</LinkButton> : null}
      </Space>
      <Ties graph={graph} node={node} onOpen={onOpen} />
    </Space>
  );
}

export function NodeState({ node }: { node: Node }) {
  const t = useTexts(GRAPH);
  const look = nodeLook(node.state);
  return (
    <span>
      <span style={{ color: look.color, marginInlineEnd: 6 }} aria-hidden>{look.icon}</span>
      {t(stateKey(node.state))}
      {node.failures > 0 ? ` · ${t("node.failures", { count: node.failures })}` : null}
      {node.last_ended_at ? <> · {t("node.last")} <When at={node.last_ended_at} /></> : null}
      {node.next_fire_at ? <> · {t("node.next")} <When at={node.next_fire_at} /></> : null}
    </span>
  );
}

/** What is before and after a task, each with why. */
export function Ties({ graph, node, onOpen, level = 3 }: { graph: Whole; node: Node; onOpen?: (id: string) => void; level?: 3 | 4 }) {
  const t = useTexts(GRAPH);
  const before = graph.edges.filter((edge) => edge.to === node.id);
  const after = graph.edges.filter((edge) => edge.from === node.id);
  return (
    <div>
      <Heading level={level}>{t("list.after")}</Heading>
      {before.length === 0 ? <p className="graph-quiet">{t("list.first")}</p> : <TieList graph={graph} edges={before} other="from" onOpen={onOpen} />}
      <Heading level={level}>{t("list.starts")}</Heading>
      {after.length === 0 ? <p className="graph-quiet">{t("list.last")}</p> : <TieList graph={graph} edges={after} other="to" onOpen={onOpen} />}
    </div>
  );
}

function Heading({ level, children }: { level: 3 | 4; children: string }) {
  const Tag = level === 3 ? "h3" : "h4";
  return <Tag className="graph-heading">{children}</Tag>;
}

function TieList({ graph, edges, other, onOpen }: { graph: Whole; edges: Edge[]; other: "from" | "to"; onOpen: ((id: string) => void) | undefined }) {
  const names = new Map(graph.nodes.map((node) => [node.id, node.name]));
  return (
    <ul className="graph-ties">
      {edges.map((edge) => {
        const id = edge[other];
        const name = names.get(id) || id;
        return (
          <li key={edgeId(edge)}>
            {onOpen ? <Button type="link" size="small" style={{ padding: 0, height: "auto", whiteSpace: "normal", textAlign: "start" }} onClick={() => onOpen(id)}>{name}</Button> : <Link to={`/tasks/${id}`}>{name}</Link>}
            <EdgeTag state={edge.state} />
            <div className="graph-quiet">{edge.reason}</div>
          </li>
        );
      })}
    </ul>
  );
}

export function EdgeTag({ state }: { state: Edge["state"] }) {
  const t = useTexts(GRAPH);
  return (
    <Tag style={{ marginInline: "8px 0", borderColor: EDGE_LOOKS[state].color }}>
      <span aria-hidden style={{ color: EDGE_LOOKS[state].color, marginInlineEnd: 4 }}>●</span>
      {t(`edge.${state}`)}
    </Tag>
  );
}

function EdgeDetails({ graph, edge, onOpen }: { graph: Whole; edge: Edge; onOpen: (id: string) => void }) {
  const t = useTexts(GRAPH);
  const name = (id: string) => graph.nodes.find((node) => node.id === id)?.name || id;
  const link = (id: string) => <Button type="link" size="small" style={{ padding: 0, whiteSpace: "normal", height: "auto", textAlign: "start" }} onClick={() => onOpen(id)}>{name(id)}</Button>;
  return (
    <Space orientation="vertical" size={16} style={{ width: "100%" }}>
      <p style={{ margin: 0, fontSize: 15 }} role="status">
        {edge.reason} <EdgeTag state={edge.state} />
      </p>
      {edge.run_id ? <LinkButton to={`/runs/${edge.run_id}`} type="primary">{t("edge.run")}</LinkButton> : null}
      <Descriptions
        column={1}
        size="small"
        bordered
            styles={{ label: { width: 112 } }}
        items={[
          { key: "from", label: t("edge.from"), children: link(edge.from) },
          { key: "to", label: t("edge.to"), children: link(edge.to) },
          { key: "rule", label: t("edge.rule"), children: <><code>{edge.rule}</code><div className="graph-quiet">{edge.kind === "depends_on" ? t("edge.needed") : t("edge.said")}</div></> },
        ]}
      />
    </Space>
  );
}
