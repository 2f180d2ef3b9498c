// The runs of one task, what waits included.
import { useInfiniteQuery } from "@tanstack/react-query";
import { Card } from "antd";
import { Link, useNavigate } from "react-router";
import { api, ask, type Schema } from "@/api/client";
import { LIVE } from "@/api/queries";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { keysetOptions, KeysetTable } from "@/components/KeysetTable";
import { RunState } from "@/components/RunState";
import { Duration, When } from "@/components/Time";
import { WORDS } from "@/components/texts";
import { LinkButton } from "@/components/LinkButton";
import { curlToRun, type Task } from "../definition";
import { DETAIL } from "../detailTexts";

type Run = Schema<"ListedRun">;
const said = (run: Run) => run.error_message ?? run.result ?? run.waits_for_text ?? "";

export default function TaskRuns({ task }: { task: Task }) {
  const t = useTexts(DETAIL);
  const w = useTexts(WORDS);
  const navigate = useNavigate();
  const query = useInfiniteQuery({
    queryKey: ["tasks", "runs", task.id],
    queryFn: ({ pageParam }) => ask(api.GET("/api/v1/group-ai/automation-runs", { params: { query: { task_id: task.id, cursor: pageParam, limit: 50 } } })),
    ...keysetOptions,
    refetchInterval: (state) => ((state.state.data?.pages.length ?? 0) <= 2 ? LIVE : false),
  });
  return (
    <>
      <div style={{ textAlign: "end", marginBlockEnd: 8 }}>
        <LinkButton to={`/runs?task_id=${task.id}`}>{t("runs.all")}</LinkButton>
      </div>
      <KeysetTable<Run>
        label={t("tab.runs")}
        query={query}
        rowKey={(run) => run.run_id}
        onOpen={(run) => void navigate(`/runs/${run.run_id}`)}
        empty={<EmptyState title={t("runs.empty")} text={t("runs.empty.text")} command={curlToRun(task, location.origin)} />}
        columns={[
          { title: w("state"), dataIndex: "status", width: 130, render: (status: string) => <RunState name={status} /> },
          { title: t("started"), width: 150, render: (_, run) => <Link to={`/runs/${run.run_id}`}><When at={run.started_at ?? run.scheduled_for} /></Link> },
          { title: t("took"), width: 110, dataIndex: "duration_seconds", render: (seconds: number | null) => <Duration seconds={seconds} /> },
          { title: t("why"), dataIndex: "why", width: 220, ellipsis: true },
          { title: t("result"), ellipsis: true, render: (_, run) => <span title={said(run)}>{said(run)}</span> },
        ]}
        card={(run) => (
          <Card size="small">
            <div style={{ display: "flex", gap: 8, justifyContent: "space-between" }}>
              <RunState name={run.status} />
              <Link to={`/runs/${run.run_id}`}><When at={run.started_at ?? run.scheduled_for} /></Link>
            </div>
            <div style={{ color: "var(--ant-color-text-description)", marginBlockStart: 6 }}>
              {run.why} · <Duration seconds={run.duration_seconds} />
            </div>
            <div className="break">{said(run)}</div>
          </Card>
        )}
      />
    </>
  );
}
