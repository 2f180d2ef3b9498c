// Incidents: failures of one kind of one task, from the first until it worked again.
import { CheckCircleFilled, CloseCircleFilled, SmileOutlined } from "@ant-design/icons";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Card, Segmented, Select, Space, type TableProps, Tag } from "antd";
import { Link } from "react-router";
import { api, ask, type Schema } from "@/api/client";
import { live } from "@/api/queries";
import type { paths } from "@/api/schema";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { KeysetTable, keysetOptions } from "@/components/KeysetTable";
import { Duration, When } from "@/components/Time";
import { useUrlState } from "@/components/urlState";
import { LOG } from "./log-texts";

type Incident = Schema<"Incident">;
type Query = NonNullable<paths["/api/v1/group-ai/incidents"]["get"]["parameters"]["query"]>;

const CLASSES = ["failure", "timed_out", "needs_operator", "missed", "silent"] as const;

export function Incidents() {
  const t = useTexts(LOG);
  const [filters, setFilters] = useUrlState({ is: "true", class: "", task: "" });
  const query = useInfiniteQuery({
    ...keysetOptions,
    ...live,
    queryKey: ["notifications", "incidents", filters],
    queryFn: ({ pageParam }) =>
      ask(
        api.GET("/api/v1/group-ai/incidents", {
          params: { query: { open: filters.is === "any" ? "" : filters.is, failure_class: filters.class, task_id: filters.task, limit: 50, cursor: pageParam } as Query },
        }),
      ),
  });
  const columns: TableProps<Incident>["columns"] = [
    { title: t("incident.filter"), key: "state", render: (_, incident) => <State incident={incident} /> },
    { title: t("incident.col.task"), key: "task", render: (_, incident) => <Task incident={incident} /> },
    { title: t("incident.col.since"), key: "since", render: (_, incident) => <Since incident={incident} /> },
    { title: t("incident.col.count"), key: "count", align: "end", render: (_, incident) => <span className="tabular">{incident.count}</span> },
    { title: t("incident.col.error"), key: "error", render: (_, incident) => <Problem incident={incident} /> },
    { title: t("incident.col.told"), key: "told", render: (_, incident) => (incident.told_at ? <When at={incident.told_at} /> : t("incident.untold")) },
    { title: t("incident.col.runs"), key: "runs", render: (_, incident) => <Runs incident={incident} /> },
  ];
  return (
    <>
      <Space wrap size={8} style={{ marginBlockEnd: 12 }}>
        <Segmented
          aria-label={t("incident.filter")}
          value={filters.is}
          onChange={(is) => setFilters({ is })}
          options={[{ value: "true", label: t("incident.open") }, { value: "false", label: t("incident.closed") }, { value: "any", label: t("incident.any") }]}
        />
        <Select
          aria-label={t("incident.class")}
          value={filters.class}
          onChange={(each) => setFilters({ class: each })}
          style={{ minWidth: 150 }}
          options={[{ value: "", label: t("incident.class.any") }, ...CLASSES.map((each) => ({ value: each as string, label: t(`class.${each}`) }))]}
        />
      </Space>
      <KeysetTable<Incident>
        label={t("incident.col.task")}
        query={query}
        rowKey={(incident) => incident.id}
        columns={columns}
        card={(incident) => (
          <Card size="small" styles={{ body: { display: "grid", gap: 4 } }}>
            <Space size={6} wrap>
              <State incident={incident} />
              <span className="tabular">
                {t("incident.col.count")} {incident.count}
              </span>
            </Space>
            <Task incident={incident} />
            <Since incident={incident} />
            <Problem incident={incident} />
            <Runs incident={incident} />
          </Card>
        )}
        empty={<EmptyState icon={<SmileOutlined />} title={t("incident.empty.title")} text={t("incident.empty.text")} />}
      />
    </>
  );
}

function State({ incident }: { incident: Incident }) {
  const t = useTexts(LOG);
  return (
    <Space size={4} wrap>
      <Tag icon={incident.closed_at ? <CheckCircleFilled /> : <CloseCircleFilled />} color={incident.closed_at ? "success" : "error"} style={{ marginInlineEnd: 0 }}>
        {incident.closed_at ? t("incident.closed") : t("incident.open")}
      </Tag>
      <Tag style={{ marginInlineEnd: 0 }}>{t(`class.${incident.failure_class}`)}</Tag>
    </Space>
  );
}

function Task({ incident }: { incident: Incident }) {
  const t = useTexts(LOG);
  return (
    <Link className="break" to={`/tasks/${incident.task_id}`} style={{ display: "inline-block", maxWidth: 280 }}>
      {incident.task_name ?? t("gone")}
    </Link>
  );
}

function Since({ incident }: { incident: Incident }) {
  const t = useTexts(LOG);
  return (
    <span>
      <When at={incident.opened_at} />
      {incident.closed_at ? (
        <span style={{ color: "var(--ant-color-text-description)", whiteSpace: "nowrap" }}>
          {" · "}
          {t("incident.lasted")} <Duration seconds={(new Date(incident.closed_at).getTime() - new Date(incident.opened_at).getTime()) / 1_000} />
        </span>
      ) : null}
    </span>
  );
}

function Problem({ incident }: { incident: Incident }) {
  if (!incident.last_error) return null;
  return (
    <span className="break" style={{ display: "inline-block", maxWidth: 420, color: "var(--ant-color-error)" }}>
      {incident.last_error.slice(0, 300)}
    </span>
  );
}

function Runs({ incident }: { incident: Incident }) {
  const t = useTexts(LOG);
  return (
    <Space size={8} wrap>
      <Link to={`/runs/${incident.first_run_id}`}>{t("incident.first")}</Link>
      {incident.last_run_id === incident.first_run_id ? null : <Link to={`/runs/${incident.last_run_id}`}>{t("incident.last")}</Link>}
      {incident.closed_by ? <Link to={`/runs/${incident.closed_by}`}>{t("incident.recovery")}</Link> : null}
    </Space>
  );
}
