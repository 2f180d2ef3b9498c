// One backup: what it holds, whether it was verified, and the exact lines that restore it.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Card, Descriptions, Drawer, Input, Skeleton, Space, Table } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { api, ask, type Schema } from "@/api/client";
import { live } from "@/api/queries";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { Command, CopyButton } from "@/components/Command";
import { Failure } from "@/components/Failure";
import { bytes } from "@/components/format";
import { Json } from "@/components/Json";
import { When } from "@/components/Time";
import { WORDS } from "@/components/texts";
import { DrillButton, DrillProgress, type useDrill } from "./Drill";
import { BackupState, hasFile } from "./marks";
import { restoreLine, verifyLine } from "./restore";
import { BACKUPS } from "./texts";

type Detail = Schema<"BackupDetail">;

/** What of a manifest this page knows; older ones say less. */
interface Manifest {
  rows?: Record<string, number> | null;
  server_version?: string;
  format?: string;
  excluded_tables?: string[];
}

export function BackupDrawer({ id, drill, onClose }: { id: string; drill: ReturnType<typeof useDrill>; onClose: () => void }) {
  const t = useTexts(BACKUPS);
  const client = useQueryClient();
  const query = useQuery({
    ...live,
    queryKey: ["backups", "one", id],
    queryFn: () => ask(api.GET("/api/v1/group-ai/backups/{backup_id}", { params: { path: { backup_id: id } } })),
  });
  const backup = query.data;
  const runId = backup ? drill.runOf(backup) : null;
  return (
    <Drawer open size={760} title={t("detail.title")} onClose={onClose}>
      {backup ? null : query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Skeleton active />}
      {backup ? (
        <div style={{ display: "grid", gap: 16 }}>
          <Space wrap>
            <BackupState backup={backup} />
            <DrillButton backup={backup} running={!!backup.verify_run_id} onStart={drill.start} />
          </Space>
          {runId ? <DrillProgress runId={runId} onEnd={() => void client.invalidateQueries({ queryKey: ["backups"] })} /> : null}
          {backup.error ? <Alert type="error" showIcon title={<span className="pre">{backup.error}</span>} /> : null}
          <Facts backup={backup} />
          {hasFile(backup) ? <HowToRestore backup={backup} /> : null}
          <Rows backup={backup} />
        </div>
      ) : null}
    </Drawer>
  );
}

function Facts({ backup }: { backup: Detail }) {
  const t = useTexts(BACKUPS);
  const { language } = usePreferences();
  const manifest = (backup.manifest ?? {}) as Manifest;
  const item = (key: string, label: string, children: React.ReactNode, shown: unknown = true) => (shown ? [{ key, label, children }] : []);
  return (
    <Descriptions
      column={1}
      size="small"
      styles={{ label: { color: "var(--ant-color-text-description)" } }}
      items={[
        ...item("source", t("col.source"), <span className="break">{backup.source}</span>),
        ...item("location", t("col.location"), <span className="mono break">{backup.location}</span>),
        ...item("size", t("col.size"), backup.size === null ? "–" : bytes(backup.size, language)),
        ...item("started", t("col.started"), <When at={backup.started_at} as="exact" />),
        ...item("finished", t("detail.finished"), <When at={backup.finished_at} as="exact" />, backup.finished_at),
        ...item(
          "verified",
          t("detail.verified"),
          <span>
            <When at={backup.verified_at} as="exact" />
            {backup.verified_level ? ` · ${t(`level.${backup.verified_level}`)}` : ""}
          </span>,
          backup.verified_at,
        ),
        ...item("pruned", t("detail.pruned"), <When at={backup.pruned_at} as="exact" />, backup.pruned_at),
        ...item("task", t("col.task"), <Link className="break" to={`/tasks/${backup.task_id}`}>{backup.task_name ?? backup.task_id}</Link>),
        ...item("run", t("detail.run"), <Link to={`/runs/${backup.run_id}`}>{backup.run_id.slice(0, 8)}</Link>),
        ...item("format", t("detail.format"), [backup.method, manifest.format].filter(Boolean).join(" · ")),
        ...item("server", t("detail.server"), <span className="break">{manifest.server_version}</span>, manifest.server_version),
        ...item("excluded", t("detail.excluded"), <span className="break">{manifest.excluded_tables?.join(", ")}</span>, manifest.excluded_tables?.length),
        ...item("key", t("detail.key"), <span className="mono break">{backup.key_id}</span>, backup.key_id),
        ...item(
          "sha",
          t("detail.sha"),
          <span className="mono break">
            {backup.sha256?.slice(0, 16)}… <CopyButton text={backup.sha256 ?? ""} />
          </span>,
          backup.sha256,
        ),
      ]}
    />
  );
}

function HowToRestore({ backup }: { backup: Detail }) {
  const t = useTexts(BACKUPS);
  return (
    <Card size="small" title={<h3 style={{ margin: 0, fontSize: 14 }}>{t("detail.restore")}</h3>}>
      <p style={{ marginBlockStart: 0 }}>{t("detail.restore.text")}</p>
      <Command text={restoreLine(backup)} />
      {backup.storage === "s3" ? <p>{t("detail.restore.s3")}</p> : null}
      {backup.key_id ? <p>{t("detail.restore.key")}</p> : null}
      <p style={{ marginBlockEnd: 4 }}>{t("detail.check")}</p>
      <Command text={verifyLine(backup)} />
    </Card>
  );
}

function Rows({ backup }: { backup: Detail }) {
  const t = useTexts(BACKUPS);
  const w = useTexts(WORDS);
  const { language } = usePreferences();
  const [text, setText] = useState("");
  if (!backup.manifest) return null;
  const all = Object.entries((backup.manifest as Manifest).rows ?? {}).map(([table, count]) => ({ table, count }));
  const shown = all.filter((each) => each.table.toLowerCase().includes(text.trim().toLowerCase())).sort((one, other) => other.count - one.count);
  const total = all.reduce((sum, each) => sum + each.count, 0);
  return (
    <Card size="small" title={<h3 style={{ margin: 0, fontSize: 14 }}>{t("detail.rows")}</h3>}>
      {all.length === 0 ? (
        t("detail.rows.none")
      ) : (
        <>
          <Space wrap style={{ marginBlockEnd: 8 }}>
            <span>{t("detail.rows.total", { tables: all.length, rows: total })}</span>
            <Input allowClear aria-label={t("detail.rows.search")} placeholder={t("detail.rows.search")} value={text} onChange={(event) => setText(event.target.value)} style={{ width: 200 }} />
          </Space>
          <Table
            aria-label={t("detail.rows")}
            size="small"
            rowKey="table"
            dataSource={shown}
            pagination={shown.length > 10 ? { pageSize: 10, size: "small", showSizeChanger: false } : false}
            columns={[
              { title: t("detail.rows.table"), dataIndex: "table", render: (table: string) => <span className="mono break">{table}</span> },
              { title: t("detail.rows.count"), dataIndex: "count", align: "end", render: (count: number) => <span className="tabular">{count.toLocaleString(language)}</span> },
            ]}
          />
        </>
      )}
      <details style={{ marginBlockStart: 8 }}>
        <summary>
          {t("detail.manifest")} <span className="visually-hidden">{w("details")}</span>
        </summary>
        <Json value={backup.manifest} />
      </details>
    </Card>
  );
}
