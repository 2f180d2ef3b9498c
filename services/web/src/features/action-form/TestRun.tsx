// A test run: the action plans with the parameters of the form and changes nothing. It is a run like any other, of a
// task that has this action already.
import { ExperimentOutlined } from "@ant-design/icons";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Alert, Button, Space } from "antd";
import { Link } from "react-router";
import { api, ask, newIdempotencyKey } from "@/api/client";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { Json } from "@/components/Json";
import { RunState } from "@/components/RunState";
import { ACTIONS } from "./texts";

const LOOK = 700;
const UNDER_WAY = new Set(["waiting", "running", "retrying"]);

export function TestRun({ action, value, taskId }: { action: string; value: Record<string, unknown>; taskId?: string }) {
  const t = useTexts(ACTIONS);
  const { can } = useSession();
  const task = useQuery({
    queryKey: ["tasks", "one", taskId, "action"],
    queryFn: () => ask(api.GET("/api/v1/group-ai/automation-tasks/{task_id}", { params: { path: { task_id: taskId ?? "" } } })),
    enabled: taskId !== undefined,
  });
  const started = useMutation({
    mutationFn: () =>
      ask(
        api.POST("/api/v1/group-ai/automation-tasks/{task_id}/run", {
          params: { path: { task_id: taskId ?? "" }, header: { "Idempotency-Key": newIdempotencyKey() } },
          body: { params: { ...value, dry_run: true } } as never,
        }),
      ),
  });
  const runId = started.data?.run_id;
  const run = useQuery({
    queryKey: ["runs", "test", runId],
    queryFn: () => ask(api.GET("/api/v1/group-ai/automation-runs/{run_id}", { params: { path: { run_id: runId ?? "" } } })),
    enabled: runId !== undefined,
    refetchInterval: (query) => (query.state.data && !UNDER_WAY.has(query.state.data.status) ? false : LOOK),
  });
  const isSame = task.data?.task_action === action;
  const reason = !can("tasks:run") ? t("test.denied") : taskId === undefined ? t("test.first") : task.data && !isSame ? t("test.other") : null;
  const done = run.data && !UNDER_WAY.has(run.data.status) ? run.data : null;
  return (
    <section aria-label={t("test.title")} style={{ borderBlockStart: "1px solid var(--ant-color-border-secondary)", paddingBlockStart: 12 }}>
      <Space wrap>
        <Button icon={<ExperimentOutlined />} disabled={reason !== null || !isSame} loading={started.isPending || (runId !== undefined && !done && !run.error)} onClick={() => started.mutate()}>
          {t("test.run")}
        </Button>
        <span style={{ color: "var(--ant-color-text-description)" }}>{reason ?? t("test.help")}</span>
      </Space>
      <Failure error={started.error} />
      <Failure error={run.error} />
      <div role="status">
        {done ? (
          <Alert
            style={{ marginBlockStart: 8 }}
            type={done.status === "success" ? "success" : "error"}
            title={
              <Space wrap>
                <RunState name={done.status} />
                <span className="break">{done.result ?? done.error_message}</span>
                <Link to={`/runs/${done.run_id}`}>{t("test.open")}</Link>
              </Space>
            }
            description={done.execution_data ? <Json value={planOf(done.execution_data)} maxHeight={240} /> : null}
          />
        ) : null}
      </div>
    </section>
  );
}

/** The plan alone, if there is one. */
function planOf(data: Record<string, unknown>): unknown {
  const result = data.result;
  if (typeof result === "object" && result !== null && "plan" in result) return result.plan;
  return data.plan ?? result ?? data;
}
