// One run, the answer first: how it stands, why, and what to do; then its log and all that is known of it.
import { useQuery } from "@tanstack/react-query";
import { Card, Descriptions, type DescriptionsProps, Skeleton, Tabs } from "antd";
import { lazy, Suspense } from "react";
import { Link, useParams } from "react-router";
import { api, ask, type Schema } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { LIVE } from "@/api/queries";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { Failure } from "@/components/Failure";
import { Page } from "@/components/Page";
import { RunState } from "@/components/RunState";
import { Duration, When } from "@/components/Time";
import { useUrlState } from "@/components/urlState";
import { Answer } from "./Answer";
import { Attempts } from "./Attempts";
import { Course, Params, Related, Result } from "./parts";
import { isLive } from "./query";
import { RunActions } from "./RunActions";
import { RUN } from "./run-texts";
import { RUNS } from "./texts";
import { TraceId } from "./TraceId";
import { TriggerMark } from "./why";

export type Run = Schema<"RunDetail">;

// Fetched at once, beside the run: nearly everybody who opens a run reads its log.
const viewer = import("@/features/log/LogViewer");
viewer.catch(() => undefined);
const LogViewer = lazy(() => viewer.then((module) => ({ default: module.LogViewer })));

export function useRun(runId: string) {
  return useQuery({
    queryKey: ["runs", "one", runId],
    queryFn: () => ask(api.GET("/api/v1/group-ai/automation-runs/{run_id}", { params: { path: { run_id: runId } } })),
    // Of a run that is over only its relatives change.
    refetchInterval: (query) => (query.state.data && !isLive(query.state.data.status) ? LIVE * 10 : LIVE / 2),
  });
}

export function Component() {
  const { runId = "" } = useParams();
  const t = useTexts(RUN);
  const names = useTexts(RUNS);
  const run = useRun(runId);
  const trail = <Link to="/runs">{t("trail.runs")}</Link>;
  if (!run.data) {
    const gone = run.error instanceof ApiProblem && run.error.status === 404;
    return (
      <Page title={gone ? t("gone") : names("title")} trail={trail}>
        {gone ? <EmptyState title={t("gone")} text={t("gone.text")} /> : run.error ? <Failure error={run.error} retry={() => void run.refetch()} /> : <Skeleton active paragraph={{ rows: 10 }} />}
      </Page>
    );
  }
  return (
    <Page
      title={t("title", { task: run.data.task_name ?? names("deleted") })}
      trail={<>{trail}{" / "}{run.data.task_name ? <Link to={`/tasks/${run.data.task_id}`}>{run.data.task_name}</Link> : null}</>}
      aside={<RunState name={run.data.status} />}
      lead={<><TriggerMark trigger={run.data.trigger} /> · {run.data.why}</>}
      actions={<RunActions run={run.data} />}
    >
      {run.error ? <Failure error={run.error} retry={() => void run.refetch()} /> : null}
      <Answer run={run.data} />
      <Facts run={run.data} />
      <Details key={runId} run={run.data} />
    </Page>
  );
}

function Details({ run }: { run: Run }) {
  const t = useTexts(RUN);
  const [state, set] = useUrlState({ tab: "log" });
  const items = [
    {
      key: "log",
      label: t("tab.log"),
      children: (
        <Suspense fallback={<Skeleton active paragraph={{ rows: 8 }} />}>
          <LogViewer runId={run.run_id} live={isLive(run.status)} attempts={run.attempts.length} />
        </Suspense>
      ),
    },
    { key: "attempts", label: run.attempts.length > 1 ? `${t("tab.attempts")} (${run.attempts.length})` : t("tab.attempts"), children: <Attempts run={run} /> },
    { key: "result", label: t("tab.result"), children: <Result run={run} /> },
    { key: "params", label: t("tab.params"), children: <Params run={run} /> },
    { key: "course", label: t("tab.course"), children: <Course run={run} /> },
    { key: "related", label: run.caused.length > 0 ? `${t("tab.related")} (${run.caused.length})` : t("tab.related"), children: <Related run={run} /> },
  ];
  return <Tabs activeKey={state.tab} onChange={(tab) => set({ tab }, { replace: true })} items={items} destroyOnHidden />;
}

function Facts({ run }: { run: Run }) {
  const t = useTexts(RUN);
  const facts: DescriptionsProps["items"] = [];
  const add = (label: string, children: React.ReactNode) => facts.push({ key: label, label, children });
  if (run.task_action) add(t("fact.action"), <code className="mono">{run.task_action}</code>);
  if (run.requested_by) add(t("fact.by"), <span className="break">{run.requested_by}</span>);
  add(t("fact.scheduled"), <When at={run.scheduled_for} as="exact" />);
  if (run.due_at && run.due_at !== run.scheduled_for) add(t("fact.due"), <When at={run.due_at} as="exact" />);
  if (run.started_at) add(t("fact.began"), <When at={run.started_at} as="exact" />);
  if (run.completed_at) add(t("fact.ended"), <When at={run.completed_at} as="exact" />);
  if (run.wait_seconds !== null) add(t("fact.wait"), <Duration seconds={run.wait_seconds} />);
  if (run.late_seconds !== null && run.late_seconds >= 1) add(t("fact.late"), <Duration seconds={run.late_seconds} />);
  if (run.duration_seconds !== null) add(t("fact.duration"), <Duration seconds={run.duration_seconds} />);
  if (run.queue) add(t("fact.queue"), <Link to={`/queues?q=${encodeURIComponent(run.queue)}`} className="break">{run.queue}</Link>);
  if (run.priority !== null) add(t("fact.priority"), run.priority);
  if (run.executor) add(t("fact.executor"), <span className="break">{run.executor}</span>);
  if (run.attempts.length > 1) add(t("fact.attempts"), run.attempts.length);
  if (run.trace_id) add(t("fact.trace"), <TraceId id={run.trace_id} url={run.trace_url} />);
  if (run.cancel_requested_at) add(t("fact.cancel"), <><When at={run.cancel_requested_at} />{run.cancel_reason ? ` · ${run.cancel_reason}` : null}</>);
  return (
    <Card size="small" style={{ marginBlockEnd: 12 }}>
      <Descriptions size="small" column={{ xs: 1, sm: 2, lg: 4 }} items={facts} aria-label={t("facts")} />
    </Card>
  );
}
