// "What would it measure now?" Of our own numbers the API answers at once; what executors measure is asked once,
// by a run of a task that checks rules.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Alert, Button, Card, Select, Skeleton, Space, Table, Tag } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { api, ask, newIdempotencyKey, type Schema } from "@/api/client";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { Json } from "@/components/Json";
import { RunState } from "@/components/RunState";
import { WORDS } from "@/components/texts";
import { Labels, measured } from "./marks";
import { RULES } from "./rule-texts";
import { ASKED, bodyOf, type RuleValues } from "./rules";

type Tested = Schema<"AlertRuleTested">;

export interface RuleTestProps {
  /** The form as it stands; null: something of it must be mended first. */
  read: () => Promise<RuleValues | null>;
  onRefused: (error: unknown) => void;
}

export function RuleTest({ read, onRefused }: RuleTestProps) {
  const t = useTexts(RULES);
  const trying = useMutation({
    mutationFn: async () => {
      const values = await read();
      if (!values) return null;
      const body = { ...bodyOf(values), name: values.name.trim() || "test" } as Schema<"AlertRuleTest">;
      return { values, tested: await ask(api.POST("/api/v1/group-ai/alert-rules/test", { body })) };
    },
    onError: onRefused,
  });
  return (
    <Card size="small" title={<h3 style={{ margin: 0, fontSize: 14 }}>{t("test")}</h3>}>
      <Space wrap>
        <Button loading={trying.isPending} onClick={() => trying.mutate()}>
          {t("test")}
        </Button>
        <span style={{ color: "var(--ant-color-text-description)" }}>{t("test.text")}</span>
      </Space>
      <div aria-live="polite" style={{ marginBlockStart: 8 }}>
        <Failure error={trying.error} />
        {trying.data ? <Outcome tested={trying.data.tested} values={trying.data.values} /> : null}
      </div>
    </Card>
  );
}

const TYPES = { ok: "success", met: "warning", no_data: "info", too_many: "error", elsewhere: "info" } as const;

function Outcome({ tested, values }: { tested: Tested; values: RuleValues }) {
  const t = useTexts(RULES);
  const words = { samples: tested.samples, met: tested.met, count: tested.samples };
  const none = tested.outcome === "ok" && tested.samples === 0;
  return (
    <>
      <Alert type={TYPES[tested.outcome]} showIcon title={none ? t("test.ok.none") : t(`test.${tested.outcome}`, words)} style={{ marginBlockEnd: 8 }} />
      {tested.outcome === "elsewhere" ? <Remote values={values} /> : null}
      {tested.found.length > 0 ? (
        <Table<Tested["found"][number]>
          aria-label={t("test.sample")}
          size="small"
          rowKey={(sample) => JSON.stringify(sample.labels)}
          dataSource={tested.found}
          pagination={tested.found.length > 10 ? { pageSize: 10, size: "small" } : false}
          scroll={{ x: "max-content" }}
          columns={[
            {
              title: t("test.sample"),
              key: "labels",
              render: (_, sample) => (
                <div style={{ maxWidth: 380 }}>
                  {sample.annotations.summary ? <div className="break">{sample.annotations.summary}</div> : null}
                  <Labels short labels={sample.labels} />
                </div>
              ),
            },
            { title: t("test.value"), key: "value", align: "end", render: (_, sample) => <span className="tabular">{measured(sample.value)}</span> },
            { title: "", key: "met", render: (_, sample) => <Tag color={sample.met ? "warning" : "success"}>{sample.met ? t("test.beyond") : t("test.within")}</Tag> },
          ]}
        />
      ) : null}
    </>
  );
}

function Remote({ values }: { values: RuleValues }) {
  const t = useTexts(RULES);
  const w = useTexts(WORDS);
  const { can } = useSession();
  const [task, setTask] = useState<string | null>(null);
  const tasks = useQuery({
    queryKey: ["tasks", "checking"],
    queryFn: () => ask(api.GET("/api/v1/group-ai/task-list", { params: { query: { q: "action:alert_check", limit: 50 } } })),
  });
  const chosen = task ?? tasks.data?.items[0]?.id ?? null;
  const running = useMutation({
    mutationFn: () =>
      ask(
        api.POST("/api/v1/group-ai/automation-tasks/{task_id}/run", {
          params: { path: { task_id: chosen ?? "" }, header: { "Idempotency-Key": newIdempotencyKey() } },
          body: { params: { query: queryOf(values) } } as unknown as Schema<"RunNow">,
        }),
      ),
  });
  if (!can("tasks:run")) return null;
  if (tasks.data && tasks.data.items.length === 0) return <Alert type="warning" title={t("unchecked.title")} description={t("unchecked.text")} />;
  return (
    <Space orientation="vertical" style={{ width: "100%" }}>
      <Space wrap>
        <Select aria-label={t("test.task")} value={chosen} onChange={setTask} loading={tasks.isPending} style={{ minWidth: 220 }} options={(tasks.data?.items ?? []).map((each) => ({ value: each.id, label: each.name }))} />
        <Button disabled={!chosen} loading={running.isPending} onClick={() => running.mutate()}>
          {t("test.run")}
        </Button>
      </Space>
      <Failure error={tasks.error ?? running.error} {...(tasks.error ? { retry: () => void tasks.refetch() } : {})} />
      {running.data ? <RemoteRun runId={running.data.run_id} label={w("details")} /> : null}
    </Space>
  );
}

function RemoteRun({ runId, label }: { runId: string; label: string }) {
  const t = useTexts(RULES);
  const { data, error } = useQuery({
    queryKey: ["runs", "one", runId],
    queryFn: () => ask(api.GET("/api/v1/group-ai/automation-runs/{run_id}", { params: { path: { run_id: runId } } })),
    refetchInterval: (query) => (query.state.data?.completed_at ? false : 1_000),
    // The order may still be on its way.
    retry: 20,
    retryDelay: 500,
  });
  const link = <Link to={`/runs/${runId}`} style={{ textDecoration: "underline" }}>{t("test.run.open")}</Link>;
  if (!data) {
    return error ? (
      <Failure error={error} />
    ) : (
      <>
        <Skeleton active title={false} paragraph={{ rows: 1 }} /> {link}
      </>
    );
  }
  return (
    <div>
      <Space wrap>
        <RunState name={data.status} />
        <span className="break">{data.result ?? data.error_message ?? t("test.run.wait")}</span>
        {link}
      </Space>
      {data.completed_at && data.execution_data ? (
        <details style={{ marginBlockStart: 8 }}>
          <summary>{label}</summary>
          <Json value={data.execution_data} maxHeight={220} />
        </details>
      ) : null}
    </div>
  );
}

function queryOf(values: RuleValues): Record<string, unknown> {
  const query = bodyOf(values).query;
  return { ...(ASKED.has(values.rule_type) ? { [values.rule_type]: query } : {}), threshold_operator: values.threshold_operator, threshold_value: values.threshold_value };
}
