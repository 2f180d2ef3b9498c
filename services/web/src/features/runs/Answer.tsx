// The answer to "what is with this run?": state, cause, next step. Said again by itself when it changes.
import { useQuery } from "@tanstack/react-query";
import { Alert, Flex, Progress, Space } from "antd";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { api, ask } from "@/api/client";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { exact } from "@/components/format";
import { Elapsed, When } from "@/components/Time";
import { placeOf } from "@/features/log/lines";
import { answerOf, nextOf, toneOf } from "./next";
import type { Run } from "./RunPage";
import { RUN } from "./run-texts";

export function Answer({ run }: { run: Run }) {
  const t = useTexts(RUN);
  return (
    <div role="status" style={{ marginBlockEnd: 12 }}>
      <Alert
        type={toneOf(run)}
        showIcon
        title={<strong>{t(answerOf(run), { state: run.status })}</strong>}
        description={
          <Flex vertical gap={6}>
            <Standing run={run} />
            <Cause run={run} />
            <Next run={run} />
          </Flex>
        }
      />
    </div>
  );
}

/** How long it has been so, and how far it is. */
function Standing({ run }: { run: Run }) {
  const t = useTexts(RUN);
  if (run.status === "waiting" && run.due_at) return <span>{t("waiting.for")} <Elapsed since={run.due_at} /></span>;
  if (run.status !== "running") return null;
  return (
    <>
      <Space wrap size={8}>
        {run.started_at ? <span>{t("running.for")} <Elapsed since={run.started_at} /></span> : null}
        {run.executor ? <span className="break">{t("running.on", { executor: run.executor })}</span> : null}
        {run.attempt > 1 ? <span>{t("running.attempt", { n: run.attempt })}</span> : null}
      </Space>
      {run.progress ? (
        <div style={{ maxWidth: 480 }}>
          <Progress percent={run.progress.percent} size="small" status="active" aria-label={t("progress")} />
          {run.progress.message ? <div className="break">{run.progress.message}</div> : null}
        </div>
      ) : null}
    </>
  );
}

function Cause({ run }: { run: Run }) {
  const t = useTexts(RUN);
  const text = run.status === "waiting" ? (run.waits_for_text ?? t("answer.waiting.order")) : (run.error_message ?? run.cancel_reason ?? run.result);
  if (!text) return null;
  return (
    <Labelled label={run.status === "success" ? null : t("answer.cause")}>
      <div className="pre" tabIndex={0} style={{ maxHeight: 180, overflow: "auto" }}>{text}</div>
    </Labelled>
  );
}

function Next({ run }: { run: Run }) {
  const t = useTexts(RUN);
  const { language } = usePreferences();
  const key = nextOf(run);
  const bad = ["failure", "timed_out", "needs_operator"].includes(run.status);
  // Of the last attempt that wrote one: earlier ones were tried again.
  const failed = useMarks(run.run_id, bad).data?.attempts.findLast((each) => each.first_error !== null);
  const retryAt = run.not_before ?? run.attempts.at(-1)?.retry_at;
  const links = [
    run.waits_for === "no_executor" ? <Link key="e" to="/executors">{t("next.executors")}</Link> : null,
    run.waits_for === "queue_paused" ? <Link key="q" to="/queues">{t("next.queues")}</Link> : null,
    run.status === "timed_out" && run.task_name ? <Link key="t" to={`/tasks/${run.task_id}/edit`}>{t("next.task")}</Link> : null,
    bad && failed && failed.first_error !== null ? <Link key="f" to={`?#L${placeOf({ attempt: failed.attempt, seq: failed.first_error })}`}>{t("next.error")}</Link> : null,
  ].filter(Boolean);
  if (!key && links.length === 0 && run.held_by.length === 0) return null;
  return (
    <Labelled label={t("answer.next")}>
      {key ? <div>{t(key, { queue: run.queue ?? "", time: retryAt ? exact(new Date(retryAt), language) : "…" })}</div> : null}
      {run.held_by.length > 0 ? (
        <div>
          {t("next.held_by")}
          <ul style={{ margin: 0, paddingInlineStart: 20 }}>
            {run.held_by.map((holder) => (
              <li key={holder.run_id}>
                <Link to={`/runs/${holder.run_id}`} className="break">{holder.task_name ?? holder.run_id.slice(0, 8)}</Link> · <When at={holder.since} />
              </li>
            ))}
          </ul>
        </div>
      ) : null}
      {links.length > 0 ? <Space wrap size={16}>{links}</Space> : null}
    </Labelled>
  );
}

export function useMarks(runId: string, enabled = true) {
  return useQuery({
    queryKey: ["runs", "marks", runId],
    queryFn: () => ask(api.GET("/api/v1/group-ai/automation-runs/{run_id}/lines/marks", { params: { path: { run_id: runId } } })),
    staleTime: 5_000,
    enabled,
  });
}

function Labelled({ label, children }: { label: string | null; children: ReactNode }) {
  return (
    <div style={{ display: "flex", flexWrap: "wrap", columnGap: 8 }}>
      {label ? <strong style={{ flex: "none", minWidth: 76 }}>{label}</strong> : null}
      <div style={{ flex: "1 1 280px", minWidth: 0 }}>{children}</div>
    </div>
  );
}
