// All runs, newest first: filtered by the address, live, with what is to be done to many of them at once.
import { PlayCircleOutlined } from "@ant-design/icons";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button, Card, Flex, type TableProps } from "antd";
import { useEffect, useMemo, useState } from "react";
import { Link, useNavigate } from "react-router";
import { api, ask, type Schema } from "@/api/client";
import { calm, live } from "@/api/queries";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { duration } from "@/components/format";
import { KeysetTable, keysetOptions } from "@/components/KeysetTable";
import { Page } from "@/components/Page";
import { RunState } from "@/components/RunState";
import { Duration, Elapsed, When } from "@/components/Time";
import { useUrlState } from "@/components/urlState";
import { BulkBar } from "./BulkBar";
import { DEFAULTS, isFiltered, isLive, queryOf } from "./query";
import { RunFilterBar } from "./RunFilters";
import { RUNS } from "./texts";
import { TriggerMark } from "./why";

type Run = Schema<"ListedRun">;

const COUNTED = 10_000;

export function Component() {
  const t = useTexts(RUNS);
  const navigate = useNavigate();
  const [filters, set] = useUrlState(DEFAULTS);
  const [selected, setSelected] = useState<string[]>([]);
  const minute = useMinute();
  const query = useMemo(() => queryOf(filters, new Date(minute * 60_000)), [filters, minute]);
  const runs = useInfiniteQuery({
    queryKey: ["runs", "list", query],
    queryFn: ({ pageParam }) => ask(api.GET("/api/v1/group-ai/automation-runs", { params: { query: { ...query, cursor: pageParam, limit: 50 } } })),
    ...keysetOptions,
    ...live,
  });
  const total = useQuery({
    queryKey: ["runs", "total", query],
    queryFn: () => ask(api.GET("/api/v1/group-ai/automation-runs", { params: { query: { ...query, limit: 1, total: "true" } } })),
    ...calm,
  });
  const rows = runs.data?.pages.flatMap((page) => page.items) ?? [];
  const counted = total.data?.total;
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      aside={counted === null || counted === undefined ? null : <span className="tabular" style={{ color: "var(--ant-color-text-description)" }}>{counted > COUNTED ? t("total.more", { count: COUNTED }) : t("total", { count: counted })}</span>}
    >
      <RunFilterBar filters={filters} set={set} />
      {selected.length > 0 ? <BulkBar runs={rows.filter((row) => selected.includes(row.run_id))} onDone={() => setSelected([])} /> : null}
      <KeysetTable<Run>
        query={runs}
        rowKey={(row) => row.run_id}
        columns={useColumns()}
        card={(row) => <RunCard run={row} />}
        onOpen={(row) => void navigate(`/runs/${row.run_id}`)}
        selected={selected}
        onSelect={setSelected}
        label={t("label")}
        empty={<Nothing filtered={isFiltered(filters)} more={runs.hasNextPage} onMore={() => void runs.fetchNextPage()} onClear={() => set({ ...DEFAULTS })} />}
      />
    </Page>
  );
}

/** Minutes since 1970; drawing the list each second would cost for nothing. */
function useMinute(): number {
  const [minute, setMinute] = useState(() => Math.floor(Date.now() / 60_000));
  useEffect(() => {
    const timer = setInterval(() => setMinute(Math.floor(Date.now() / 60_000)), 10_000);
    return () => clearInterval(timer);
  }, []);
  return minute;
}

function useColumns(): TableProps<Run>["columns"] {
  const t = useTexts(RUNS);
  return [
    { title: t("column.state"), key: "state", width: 110, render: (_, run) => <Link to={`/runs/${run.run_id}`}><RunState name={run.status} /></Link> },
    { title: t("column.task"), key: "task", width: 180, render: (_, run) => <TaskName run={run} /> },
    { title: t("column.why"), key: "why", width: 90, render: (_, run) => <TriggerMark trigger={run.trigger} why={run.why} /> },
    { title: t("column.began"), key: "began", width: 110, render: (_, run) => <Began run={run} /> },
    { title: t("column.wait"), key: "wait", width: 90, align: "end", render: (_, run) => <Waited run={run} /> },
    { title: t("column.duration"), key: "duration", width: 90, align: "end", render: (_, run) => <Took run={run} /> },
    { title: t("column.attempt"), key: "attempt", width: 60, align: "end", className: "tabular", render: (_, run) => (run.attempt > 1 ? run.attempt : run.attempt || "–") },
    { title: t("column.result"), key: "result", render: (_, run) => <ResultLine run={run} width="clamp(150px, 20vw, 560px)" /> },
  ];
}

export function TaskName({ run }: { run: Pick<Run, "task_id" | "task_name"> }) {
  const t = useTexts(RUNS);
  return run.task_name ? <Link to={`/tasks/${run.task_id}`} className="break">{run.task_name}</Link> : <span>{t("deleted")}</span>;
}

function Began({ run }: { run: Run }) {
  const t = useTexts(RUNS);
  if (run.started_at) return <When at={run.started_at} />;
  return <span style={{ color: "var(--ant-color-text-description)" }}>{t("due")} <When at={run.due_at ?? run.scheduled_for} /></span>;
}

function Waited({ run }: { run: Run }) {
  const t = useTexts(RUNS);
  const { language } = usePreferences();
  if (run.status === "waiting") return run.due_at ? <Elapsed since={run.due_at} /> : <span>–</span>;
  const late = run.late_seconds !== null && run.late_seconds > 60 ? t("late", { time: duration(run.late_seconds, language) }) : undefined;
  return <span title={late}><Duration seconds={run.wait_seconds} /></span>;
}

function Took({ run }: { run: Run }) {
  return run.status === "running" && run.started_at ? <Elapsed since={run.started_at} /> : <Duration seconds={run.duration_seconds} />;
}

/** What is worth knowing in one line: why it waits, what went wrong, what came of it. */
function ResultLine({ run, width }: { run: Run; width?: string }) {
  const text = run.waits_for_text ?? run.error_message ?? run.result ?? "";
  const bad = !run.waits_for_text && !!run.error_message && !isLive(run.status);
  return (
    <span className="break" title={text} style={{ display: "-webkit-box", WebkitLineClamp: 2, WebkitBoxOrient: "vertical", overflow: "hidden", width, color: bad ? "var(--ant-color-error)" : undefined }}>
      {text}
    </span>
  );
}

export function RunCard({ run }: { run: Run }) {
  return (
    <Card size="small" styles={{ body: { display: "grid", gap: 4 } }}>
      <Flex gap={8} justify="space-between" align="center">
        <Link to={`/runs/${run.run_id}`}><RunState name={run.status} /></Link>
        <Began run={run} />
      </Flex>
      <TaskName run={run} />
      <Flex gap={12} wrap style={{ color: "var(--ant-color-text-description)" }}>
        <TriggerMark trigger={run.trigger} why={run.why} />
        <Took run={run} />
      </Flex>
      <ResultLine run={run} />
    </Card>
  );
}

function Nothing({ filtered, more, onMore, onClear }: { filtered: boolean; more: boolean; onMore: () => void; onClear: () => void }) {
  const t = useTexts(RUNS);
  if (filtered && more) return <EmptyState title={t("empty.filtered.title")} text={t("search.short")} actions={<Button onClick={onMore}>{t("search.older")}</Button>} />;
  if (filtered) return <EmptyState title={t("empty.filtered.title")} text={t("empty.filtered.text")} actions={<Button onClick={onClear}>{t("filters.clear")}</Button>} />;
  return <EmptyState icon={<PlayCircleOutlined />} title={t("empty.none.title")} text={t("empty.none.text")} actions={<Link to="/tasks"><Button type="primary">{t("empty.none.action")}</Button></Link>} command="automation task run <task-id>" />;
}
