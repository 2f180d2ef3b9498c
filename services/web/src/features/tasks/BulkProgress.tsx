// How far a change of many tasks is: a card that stays at the corner while one works on, and the results in a drawer.
import { CloseOutlined } from "@ant-design/icons";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button, Card, Drawer, Empty, Progress, Segmented, Skeleton, Space, Tag } from "antd";
import { type ReactNode, useState } from "react";
import { Link } from "react-router";
import { api, ask } from "@/api/client";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { keysetOptions } from "@/components/KeysetTable";
import { When } from "@/components/Time";
import { WORDS } from "@/components/texts";
import { BULK } from "./texts";
import { type Job, useBulkActions, useBulkJob } from "./useBulkJobs";

export function BulkCard({ id, onDetails, onStarted, onClose }: { id: string; onDetails: () => void; onStarted: (job: Job) => void; onClose: () => void }) {
  const t = useTexts(BULK);
  const w = useTexts(WORDS);
  const { data: job } = useBulkJob(id);
  if (!job) return null;
  return (
    <Card
      size="small"
      role="status"
      aria-label={t("progress.label")}
      title={<JobTitle job={job} />}
      extra={<Button type="text" size="small" icon={<CloseOutlined aria-hidden />} aria-label={w("close")} onClick={onClose} />}
      style={{ position: "fixed", insetInlineEnd: 16, insetBlockEnd: 76, zIndex: 50, width: "min(380px, calc(100vw - 32px))", boxShadow: "var(--ant-box-shadow-secondary)" }}
    >
      <Bar job={job} />
      <Space wrap style={{ marginBlockStart: 8 }}>
        <Buttons job={job} onStarted={onStarted} />
        <Button size="small" type="link" onClick={onDetails}>{t("details")}</Button>
      </Space>
    </Card>
  );
}

function JobTitle({ job }: { job: Job }) {
  const t = useTexts(BULK);
  return <>{t(`job.${job.action}`, { count: job.total }) + (job.undo_of ? t("job.undo") : "")}</>;
}

function Bar({ job }: { job: Job }) {
  const t = useTexts(BULK);
  const { counts } = job;
  const over = job.total - counts.waiting;
  const share = job.total ? Math.floor((over / job.total) * 100) : 100;
  const state = job.state === "done" && counts.failed > 0 ? "failed" : job.state;
  return (
    <>
      <Progress percent={share} size="small" aria-label={t("progress.label")} status={state === "failed" ? "exception" : job.state === "running" ? "active" : "normal"} format={() => t("progress", { done: over, count: job.total })} />
      <Space wrap size={4}>
        <Tag color={state === "running" ? "processing" : state === "failed" ? "error" : state === "done" ? "success" : "default"}>{t(`state.${state}`)}</Tag>
        {(["done", "unchanged", "failed", "cancelled"] as const).map((name) => (counts[name] > 0 ? <span key={name}>{`${t(`item.${name}`)} ${counts[name]}`}</span> : null))}
      </Space>
    </>
  );
}

function Buttons({ job, onStarted }: { job: Job; onStarted: (job: Job) => void }) {
  const t = useTexts(BULK);
  const { can } = useSession();
  const { cancel, undo } = useBulkActions(onStarted);
  return (
    <>
      {job.state === "running" && can("tasks:run") ? (
        <Button size="small" loading={cancel.isPending} onClick={() => cancel.mutate(job)}>{t("stop")}</Button>
      ) : null}
      {job.can_undo && can("tasks:write") ? (
        <Button size="small" type="primary" loading={undo.isPending} onClick={() => undo.mutate(job)}>{t("undo")}</Button>
      ) : null}
      {job.undone_by ? <Tag>{t("undone")}</Tag> : null}
    </>
  );
}

/** The newest jobs, or what came of one. */
export function BulkDrawer({ id, onChoose, onStarted, onClose }: { id: string; onChoose: (id: string) => void; onStarted: (job: Job) => void; onClose: () => void }) {
  const t = useTexts(BULK);
  const one = id !== "list";
  return (
    <Drawer open title={one ? t("results") : t("jobs")} size={Math.min(640, window.innerWidth)} onClose={onClose} extra={one ? <Button onClick={() => onChoose("list")}>{t("jobs")}</Button> : null}>
      {one ? <Results id={id} onStarted={onStarted} /> : <Jobs onChoose={onChoose} onStarted={onStarted} />}
    </Drawer>
  );
}

function Jobs({ onChoose, onStarted }: { onChoose: (id: string) => void; onStarted: (job: Job) => void }) {
  const t = useTexts(BULK);
  const jobs = useQuery({
    queryKey: ["tasks", "bulk"],
    queryFn: () => ask(api.GET("/api/v1/group-ai/task-bulk", { params: { query: { limit: 50 } } })),
    refetchInterval: 2_000,
  });
  return (
    <>
      <Failure error={jobs.error} retry={() => void jobs.refetch()} />
      {jobs.isPending ? <Skeleton active /> : null}
      {jobs.data?.items.length === 0 ? <Empty description={t("jobs.empty")} /> : null}
      <Rows label={t("jobs")}>
        {jobs.data?.items.map((job) => (
          <li key={job.id} style={ROW}>
            <strong><JobTitle job={job} /></strong> <When at={job.created_at} /> {t("job.by", { name: job.created_by })}
            {job.query ? <code className="mono break" style={{ display: "block" }}>{job.query}</code> : null}
            <Bar job={job} />
            <Space wrap style={{ marginBlockStart: 4 }}>
              <Buttons job={job} onStarted={onStarted} />
              <Button size="small" onClick={() => onChoose(job.id)}>{t("details")}</Button>
            </Space>
          </li>
        ))}
      </Rows>
    </>
  );
}

const STATES = ["", "failed", "done", "unchanged", "waiting", "cancelled"] as const;

function Results({ id, onStarted }: { id: string; onStarted: (job: Job) => void }) {
  const t = useTexts(BULK);
  const w = useTexts(WORDS);
  const job = useBulkJob(id);
  const [state, setState] = useState<(typeof STATES)[number]>("");
  const items = useInfiniteQuery({
    queryKey: ["tasks", "bulk", id, "items", state, job.data?.state],
    queryFn: ({ pageParam }) => ask(api.GET("/api/v1/group-ai/task-bulk/{bulk_id}/items", { params: { path: { bulk_id: id }, query: { state, cursor: pageParam } } })),
    ...keysetOptions,
  });
  const rows = items.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div style={{ display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: 12 }}>
      <Failure error={job.error ?? items.error} />
      {job.data ? (
        <>
          <strong><JobTitle job={job.data} /></strong>
          <Bar job={job.data} />
          <Space wrap><Buttons job={job.data} onStarted={onStarted} /></Space>
          <div style={{ overflowX: "auto" }}>
            <Segmented value={state} onChange={setState} options={STATES.map((each) => ({ value: each, label: each ? `${t(`item.${each}`)} ${job.data.counts[each]}` : t("all") }))} />
          </div>
        </>
      ) : null}
      {items.isPending ? <Skeleton active /> : null}
      <Rows label={t("results")}>
        {rows.map((item) => (
          <li key={item.task_id} style={{ ...ROW, display: "flex", gap: 8, alignItems: "flex-start" }}>
            <div className="break" style={{ flex: 1, minWidth: 0 }}>
              <Link to={`/tasks/${item.task_id}`}>{item.name}</Link>
              {item.detail ? <div style={{ color: "var(--ant-color-error)" }}>{item.detail}</div> : null}
            </div>
            {item.run_id ? <Link to={`/runs/${item.run_id}`}>{t("item.run")}</Link> : null}
            <Tag color={item.state === "failed" ? "error" : item.state === "done" ? "success" : "default"}>{t(`item.${item.state}`)}</Tag>
          </li>
        ))}
      </Rows>
      {items.hasNextPage ? <Button block loading={items.isFetchingNextPage} onClick={() => void items.fetchNextPage()}>{w("more")}</Button> : null}
    </div>
  );
}

const ROW = { padding: "10px 0", borderBlockEnd: "1px solid var(--ant-color-border-secondary)" } as const;

function Rows({ label, children }: { label: string; children: ReactNode }) {
  return <ul aria-label={label} style={{ listStyle: "none", margin: 0, padding: 0 }}>{children}</ul>;
}
