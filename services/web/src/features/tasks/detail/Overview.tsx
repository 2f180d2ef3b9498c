// The task at a glance: when it runs next, how it went lately, what it does and how.
import { Alert, Card, Col, Row, Skeleton, Statistic, Table, Tag } from "antd";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api, ask, type Schema } from "@/api/client";
import { CALM, live } from "@/api/queries";
import { usePreferences } from "@/app/preferences";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { percent } from "@/components/format";
import { useNow } from "@/components/now";
import { RunState } from "@/components/RunState";
import { Duration, When } from "@/components/Time";
import type { Task } from "../definition";
import { DETAIL } from "../detailTexts";
import { RunStrip } from "../RunStrip";
import { useStatistics } from "../useStatistics";
import { How, What } from "./Properties";

const SHOWN = 8;

export function Overview({ task }: { task: Task }) {
  const t = useTexts(DETAIL);
  const { can } = useSession();
  return (
    <>
      {task.warnings.length ? (
        <Alert
          type="warning"
          showIcon
          title={t("warnings")}
          style={{ marginBlockEnd: 12 }}
          description={<ul style={{ margin: 0, paddingInlineStart: 18 }}>{task.warnings.map((each) => <li key={each.pointer + each.code}>{each.detail}</li>)}</ul>}
        />
      ) : null}
      <Row gutter={[12, 12]}>
        <Col xs={24} xl={12}>
          <div style={{ display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: 12 }}>
            <WhenCard task={task} />
            {can("runs:read") ? <Health task={task} /> : null}
          </div>
        </Col>
        <Col xs={24} xl={12}>
          <div style={{ display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: 12 }}>
            <What task={task} />
            <How task={task} />
          </div>
        </Col>
      </Row>
    </>
  );
}

function WhenCard({ task }: { task: Task }) {
  const t = useTexts(DETAIL);
  if (task.task_type === "scheduled" && task.schedule_config) return <NextRuns task={task} />;
  if (task.task_type === "manual") return <Card title={t("next")}>{t("manual")}</Card>;
  const { subject, type, condition } = (task.trigger_config ?? {}) as Record<string, unknown>;
  const rows = [["trigger.subject", subject ?? type], ["trigger.condition", condition]] as const;
  return (
    <Card title={t("trigger")} styles={{ body: { display: "grid", gap: 8 } }}>
      {rows.map(([key, value]) =>
        typeof value === "string" ? (
          <div key={key}>
            <div style={{ color: "var(--ant-color-text-description)" }}>{t(key)}</div>
            <code className="mono pre">{value}</code>
          </div>
        ) : null,
      )}
    </Card>
  );
}

function NextRuns({ task }: { task: Task }) {
  const t = useTexts(DETAIL);
  const { language } = usePreferences();
  const preview = useQuery({
    queryKey: ["tasks", "next", task.id, task.version],
    queryFn: () =>
      ask(
        api.POST("/api/v1/group-ai/schedules/preview", {
          body: { schedule_config: task.schedule_config ?? {}, count: SHOWN + 4, task_id: task.id, blackout: task.blackout } as Schema<"PreviewRequest">,
        }),
      ),
    refetchInterval: CALM,
  });
  const now = useNow();
  // What came due since the last look is on its way and no next run any more.
  const coming = preview.data?.fires.filter((fire) => Date.parse(fire.due_at ?? fire.at) > now.getTime()).slice(0, SHOWN) ?? [];
  const zone = String((task.schedule_config as { timezone?: string } | null)?.timezone ?? "UTC");
  const sentence = preview.data?.description[language];
  return (
    <Card title={t("next")}>
      <Failure error={preview.error} retry={() => void preview.refetch()} />
      {sentence ? <p style={{ marginBlockStart: 0, fontSize: 15 }}>{sentence}</p> : null}
      {!task.enabled ? <p style={{ color: "var(--ant-color-text-description)" }}>{t("next.off")}</p> : null}
      {preview.isPending ? <Skeleton active title={false} /> : null}
      {preview.data && coming.length === 0 ? <p>{t("next.none")}</p> : null}
      {coming.length ? (
        <Table
          size="small"
          pagination={false}
          rowKey="at"
          dataSource={coming}
          columns={[
            {
              title: t("next.local", { zone }),
              dataIndex: "local",
              render: (local: string, fire) => (
                <>
                  <Local text={local} />
                  {fire.note ? <Tag color="warning" style={{ marginInlineStart: 8, whiteSpace: "normal" }}>{fire.note}</Tag> : null}
                </>
              ),
            },
            { title: t("next.in"), dataIndex: "at", render: (at: string, fire) => <When at={fire.due_at ?? at} /> },
          ]}
        />
      ) : null}
    </Card>
  );
}

/** "2026-11-26 04:52:00 +08:00": the offset tells summer from winter, and is seldom looked at. */
function Local({ text }: { text: string }) {
  const [, date, time, offset] = /^(.+?)T(.+?)([+-]\d\d:\d\d|Z)$/.exec(text) ?? [];
  if (!date) return <span className="tabular">{text}</span>;
  return (
    <span className="tabular">
      {date} <strong style={{ fontWeight: 500 }}>{time}</strong> <small style={{ color: "var(--ant-color-text-description)" }}>{offset}</small>
    </span>
  );
}

function Health({ task }: { task: Task }) {
  const t = useTexts(DETAIL);
  const { language } = usePreferences();
  const statistics = useStatistics(task.id);
  const runs = useQuery({
    queryKey: ["tasks", "latest", task.id],
    queryFn: () => ask(api.GET("/api/v1/group-ai/automation-runs", { params: { query: { task_id: task.id, limit: 20 } } })),
    ...live,
  });
  const latest = runs.data?.items ?? [];
  const marks = latest.flatMap((run) => (run.started_at ? [{ ...run, started_at: run.started_at }] : [])).reverse();
  return (
    <>
      <Card title={t("health")} extra={<Link to="?tab=statistics">{t("tab.statistics")}</Link>}>
        <Failure error={statistics.error} retry={() => void statistics.refetch()} />
        <Row gutter={[12, 12]}>
          {statistics.data?.windows.map((window) => (
            <Col key={window.window} xs={8}>
              <Statistic title={`${t("rate")} · ${t(`window.${window.window}`)}`} value={window.success_rate === null ? "–" : percent(window.success_rate, language)} />
              <div style={{ color: "var(--ant-color-text-description)" }}>
                {t("health.runs", { count: window.runs })} · p95 <Duration seconds={window.p95_seconds} />
              </div>
            </Col>
          ))}
        </Row>
        <div style={{ marginBlockStart: 12, color: "var(--ant-color-text-description)" }}>{t("health.total", { runs: task.run_count, failures: task.failure_count })}</div>
      </Card>
      <Card title={t("latest")} extra={<Link to="?tab=runs">{t("latest.all")}</Link>}>
        <Failure error={runs.error} retry={() => void runs.refetch()} />
        {runs.isPending ? <Skeleton active title={false} /> : null}
        {runs.data && latest.length === 0 ? <span style={{ color: "var(--ant-color-text-description)" }}>{t("latest.none")}</span> : null}
        {marks.length ? <RunStrip runs={marks} /> : null}
        <ul style={{ listStyle: "none", margin: "8px 0 0", padding: 0, display: "grid", gap: 6 }}>
          {latest.slice(0, 5).map((run) => (
            <li key={run.run_id} style={{ display: "flex", flexWrap: "wrap", gap: 8, alignItems: "center" }}>
              <RunState name={run.status} />
              <Link to={`/runs/${run.run_id}`}><When at={run.started_at ?? run.scheduled_for} /></Link>
              <Duration seconds={run.duration_seconds} />
              <span className="break" style={{ color: "var(--ant-color-text-description)", flex: "1 1 160px", minWidth: 0 }}>{run.error_message ?? run.result ?? run.waits_for_text ?? run.why}</span>
            </li>
          ))}
        </ul>
      </Card>
    </>
  );
}
