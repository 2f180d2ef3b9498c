// How a script was published, and how it goes on right now.
import { CloudUploadOutlined, RollbackOutlined } from "@ant-design/icons";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Card, Progress as Bar, Space, type TableProps, Tag } from "antd";
import { Link } from "react-router";
import { live } from "@/api/queries";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { KeysetTable, keysetOptions } from "@/components/KeysetTable";
import { When } from "@/components/Time";
import { useUrlState } from "@/components/urlState";
import { type Publication, readPublications, type Script } from "./api";
import { PublicationState } from "./marks";
import { PublicationProgress } from "./PublicationProgress";
import { PUBLISH, SCRIPTS } from "./texts";

export function Publications({ script }: { script: Script }) {
  const t = useTexts(PUBLISH);
  const words = useTexts(SCRIPTS);
  const [{ run }, setUrl] = useUrlState({ run: "" });
  const list = useInfiniteQuery({
    ...keysetOptions,
    ...live,
    queryKey: ["scripts", "publications", script.script_id],
    queryFn: ({ pageParam }) => readPublications(script.script_id, pageParam),
  });
  const columns: TableProps<Publication>["columns"] = [
    { title: t("col.state"), key: "state", render: (_, row) => <Space size={4}><PublicationState name={row.state} />{row.rollback ? <Tag icon={<RollbackOutlined />}>{t("rollback")}</Tag> : null}</Space> },
    { title: t("col.version"), key: "version", render: (_, row) => <Change row={row} /> },
    { title: t("environment"), dataIndex: "environment", key: "environment" },
    { title: t("col.progress"), key: "progress", render: (_, row) => <Share row={row} /> },
    { title: t("col.started"), key: "started", render: (_, row) => <When at={row.started_at} /> },
    { title: t("col.by"), key: "by", render: (_, row) => (row.task_id ? <Link to={`/tasks/${row.task_id}`} className="break">{row.task_name ?? row.task_id}</Link> : "–") },
    { title: "", key: "act", align: "end", render: (_, row) => <Button size="small" onClick={() => setUrl({ run: row.run_id })}>{t("open")}</Button> },
  ];
  return (
    <>
      {run ? <PublicationProgress key={run} runId={run} onClose={() => setUrl({ run: "" })} /> : null}
      <KeysetTable<Publication>
        label={t("list.title")}
        query={list}
        rowKey={(row) => row.run_id}
        columns={columns}
        onOpen={(row) => setUrl({ run: row.run_id })}
        card={(row) => (
          <Card size="small">
            <Space wrap><PublicationState name={row.state} /><Tag>{row.environment}</Tag><Change row={row} /><When at={row.started_at} /></Space>
            <Share row={row} />
            <Button size="small" onClick={() => setUrl({ run: row.run_id })}>{t("open")}</Button>
          </Card>
        )}
        empty={<EmptyState icon={<CloudUploadOutlined />} title={t("list.empty")} text={t("list.emptyText")} />}
      />
      <span className="visually-hidden">{words("tab.publications")}</span>
    </>
  );
}

function Change({ row }: { row: Publication }) {
  return <span className="tabular" style={{ whiteSpace: "nowrap" }}>{row.from_version ?? "–"} → <strong>{row.version}</strong></span>;
}

function Share({ row }: { row: Publication }) {
  const t = useTexts(PUBLISH);
  const percent = row.total ? Math.round((100 * row.given) / row.total) : 100;
  const status = row.state === "running" || row.state === "rolling_back" ? "active" : row.state === "published" ? "success" : "exception";
  return (
    <div style={{ minWidth: 140 }}>
      {/* Accounts that had the version already never get a turn. */}
      <Bar percent={row.state === "published" ? 100 : percent} size="small" status={status} showInfo={false} aria-label={t("col.progress")} />
      <span className="tabular" style={{ color: "var(--ant-color-text-description)" }}>{row.given} / {row.total}</span>
    </div>
  );
}
