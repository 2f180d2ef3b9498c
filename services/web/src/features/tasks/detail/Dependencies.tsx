// What comes before the task and what follows it, as lists; the picture is a page of its own.
import { ApartmentOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Card, Col, Row, Skeleton, Tag } from "antd";
import { Link } from "react-router";
import { api, ask, type Schema } from "@/api/client";
import { live } from "@/api/queries";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { RunState } from "@/components/RunState";
import { WORDS } from "@/components/texts";
import { LinkButton } from "@/components/LinkButton";
import type { Task } from "../definition";
import { DETAIL } from "../detailTexts";

type Graph = Schema<"TaskGraph">;
type Edge = Graph["edges"][number];
const RULES = [
  "all_success", "all_done", "all_failed", "all_skipped", "one_success", "one_failed", "one_done", "none_failed", "none_failed_min_one_success", "always",
] as const;

export default function Dependencies({ task }: { task: Task }) {
  const t = useTexts(DETAIL);
  const query = useQuery({
    queryKey: ["tasks", "graph", task.id],
    queryFn: () => ask(api.GET("/api/v1/group-ai/automation-tasks/{task_id}/graph", { params: { path: { task_id: task.id } } })),
    ...live,
  });
  const graph = query.data;
  if (!graph) return query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Skeleton active />;
  const up = graph.edges.filter((edge) => edge.to === task.id);
  const down = graph.edges.filter((edge) => edge.from === task.id);
  const near = new Set([task.id, ...up.map((edge) => edge.from), ...down.map((edge) => edge.to)]);
  const further = graph.nodes.filter((node) => !near.has(node.id)).length;
  return (
    <>
      <Failure error={query.error} />
      <div style={{ textAlign: "end", marginBlockEnd: 8 }}>
        <LinkButton to={`/graph?focus=${task.id}`} icon={<ApartmentOutlined aria-hidden />}>{t("dep.graph")}</LinkButton>
      </div>
      <Row gutter={[12, 12]}>
        <Col xs={24} lg={12}><Side title={t("dep.up")} none={t("dep.none.up")} edges={up} graph={graph} end="from" /></Col>
        <Col xs={24} lg={12}><Side title={t("dep.down")} none={t("dep.none.down")} edges={down} graph={graph} end="to" /></Col>
      </Row>
      {further > 0 ? <p style={{ color: "var(--ant-color-text-description)" }}>{t("dep.further", { count: further })}</p> : null}
    </>
  );
}

function Side({ title, none, edges, graph, end }: { title: string; none: string; edges: Edge[]; graph: Graph; end: "from" | "to" }) {
  const t = useTexts(DETAIL);
  const w = useTexts(WORDS);
  return (
    <Card title={title} styles={{ title: { whiteSpace: "normal" } }}>
      {edges.length === 0 ? <span style={{ color: "var(--ant-color-text-description)" }}>{none}</span> : null}
      <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 10 }}>
        {edges.map((edge) => {
          const node = graph.nodes.find((each) => each.id === edge[end]);
          const rule = RULES.find((each) => each === edge.rule);
          return (
            <li key={`${edge.from}${edge.to}${edge.kind}`} style={{ display: "flex", flexWrap: "wrap", gap: 8, alignItems: "center" }}>
              {node && !node.deleted ? <Link className="break" to={`/tasks/${node.id}`}>{node.name}</Link> : <span>{t("dep.gone")}</span>}
              {node?.last_status ? <RunState name={node.last_status} /> : null}
              {node && !node.deleted && !node.enabled ? <Tag>{w("disabled")}</Tag> : null}
              <span style={{ color: "var(--ant-color-text-description)" }}>{edge.kind === "dependent_tasks" ? t("dep.dependent_tasks") : rule ? t(`rule.${rule}`) : edge.rule}</span>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
