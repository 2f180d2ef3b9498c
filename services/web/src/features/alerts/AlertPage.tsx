// One alert: what it is, its life, which runs it started, who was told.
import { MutedOutlined, UserOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Alert as Notice, Button, Card, Descriptions, Skeleton, Space, Timeline } from "antd";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { api, ask, type Schema } from "@/api/client";
import { live } from "@/api/queries";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { CopyButton } from "@/components/Command";
import { Failure } from "@/components/Failure";
import { Page } from "@/components/Page";
import { When } from "@/components/Time";
import { AcknowledgeModal } from "./AcknowledgeModal";
import { ToldGroups } from "./AlertGroups";
import { StartedRuns } from "./StartedRuns";
import { AlertLevel, AlertState, headline, Labels, measured, Muted } from "./marks";
import { silencePath } from "./matchers";
import { ALERTS } from "./texts";

type Detail = Schema<"AlertDetail">;

/** In line with what stands under it. */
const HEAD = { header: { padding: "0 16px" } } as const;

export function Component() {
  const t = useTexts(ALERTS);
  const navigate = useNavigate();
  const { can } = useSession();
  const { alertId = "" } = useParams();
  const [taking, setTaking] = useState(false);
  const query = useQuery({
    ...live,
    queryKey: ["alerts", "one", alertId],
    queryFn: () => ask(api.GET("/api/v1/group-ai/alerts/{alert_id}", { params: { path: { alert_id: alertId } } })),
  });
  const alert = query.data;
  const trail = <Link to="/alerts">{t("title")}</Link>;
  if (!alert) {
    return (
      <Page title={t("title")} trail={trail}>
        {query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Skeleton active />}
      </Page>
    );
  }
  const over = alert.state === "resolved";
  return (
    <Page
      title={headline(alert)}
      trail={trail}
      aside={
        <Space size={4} wrap>
          <AlertState state={alert.state} />
          <AlertLevel level={alert.level} />
          <Muted alert={alert} />
        </Space>
      }
      actions={
        over ? null : (
          <>
            {can("alerts:acknowledge") ? (
              <Button type={alert.acknowledged_at ? "default" : "primary"} icon={<UserOutlined />} onClick={() => setTaking(true)}>
                {alert.acknowledged_at ? t("ack.again") : t("ack")}
              </Button>
            ) : null}
            {can("alerts:write") ? (
              <Button icon={<MutedOutlined />} onClick={() => void navigate(silencePath(alert.labels))}>
                {t("silence")}
              </Button>
            ) : null}
          </>
        )
      }
    >
      <Failure error={query.error} retry={() => void query.refetch()} />
      <Notes alert={alert} />
      <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 420px), 1fr))", gap: 16, alignItems: "start" }}>
        <Facts alert={alert} />
        <History alert={alert} />
        <Card styles={HEAD} title={<h2 style={{ margin: 0, fontSize: 16 }}>{t("one.started")}</h2>}>
          <StartedRuns runs={alert.started} />
        </Card>
        {can("alerts:read") ? (
          <Card styles={HEAD} title={<h2 style={{ margin: 0, fontSize: 16 }}>{t("one.told")}</h2>}>
            <ToldGroups fingerprint={alert.fingerprint} />
          </Card>
        ) : null}
      </div>
      {taking ? <AcknowledgeModal alerts={[alert]} onClose={() => setTaking(false)} /> : null}
    </Page>
  );
}

function Notes({ alert }: { alert: Detail }) {
  const t = useTexts(ALERTS);
  return (
    <>
      {alert.reason ? <Notice type="warning" showIcon title={t(`reason.${alert.reason}`)} style={{ marginBlockEnd: 12 }} /> : null}
      {alert.state === "firing" && !alert.condition_met ? <Notice type="info" showIcon title={t("one.kept")} style={{ marginBlockEnd: 12 }} /> : null}
      {alert.resolved_because ? <Notice type="info" showIcon title={t(`one.because.${alert.resolved_because}`)} style={{ marginBlockEnd: 12 }} /> : null}
      {alert.acknowledged_at ? (
        <Notice
          type="success"
          icon={<UserOutlined />}
          showIcon
          title={
            <span className="break">
              {t("ack.by", { who: alert.acknowledged_by ?? "" })} · <When at={alert.acknowledged_at} />
            </span>
          }
          description={alert.acknowledged_comment ? <span className="pre">{alert.acknowledged_comment}</span> : undefined}
          style={{ marginBlockEnd: 12 }}
        />
      ) : null}
    </>
  );
}

function Facts({ alert }: { alert: Detail }) {
  const t = useTexts(ALERTS);
  const { summary, ...others } = alert.annotations;
  const annotations = Object.entries(others);
  return (
    <Card>
      {summary && summary !== headline(alert) ? <p className="break">{summary}</p> : null}
      <Descriptions
        column={1}
        size="small"
        styles={{ label: { color: "var(--ant-color-text-description)" } }}
        items={[
          { key: "rule", label: t("one.rule"), children: <Link className="break" to={`/alert-rules?open=${alert.rule_id}`}>{alert.rule}</Link> },
          { key: "value", label: t("one.value"), children: <span className="tabular">{measured(alert.value)}</span> },
          { key: "active", label: t("one.active"), children: <When at={alert.active_at} as="exact" /> },
          ...(alert.fired_at ? [{ key: "fired", label: t("one.fired"), children: <When at={alert.fired_at} as="exact" /> }] : []),
          ...(alert.resolved_at ? [{ key: "resolved", label: t("one.resolved"), children: <When at={alert.resolved_at} as="exact" /> }] : []),
          { key: "evaluated", label: t("one.evaluated"), children: <When at={alert.evaluated_at} /> },
          { key: "labels", label: t("labels"), children: <Labels labels={alert.labels} /> },
          ...annotations.map(([name, text]) => ({ key: `annotation ${name}`, label: <span className="break">{name}</span>, children: <Annotation text={text} /> })),
          {
            key: "fingerprint",
            label: t("one.fingerprint"),
            children: (
              <span className="mono break">
                {alert.fingerprint.slice(0, 16)}… <CopyButton text={alert.fingerprint} />
              </span>
            ),
          },
        ]}
      />
    </Card>
  );
}

/** A runbook's address may be followed; anything that is not http stays text. */
function Annotation({ text }: { text: string }) {
  if (/^https?:\/\/\S+$/i.test(text)) {
    return (
      <a className="break" href={text} target="_blank" rel="noreferrer noopener">
        {text}
      </a>
    );
  }
  return <span className="pre">{text}</span>;
}

const COLOURS = { pending: "var(--ant-color-warning)", firing: "var(--ant-color-error)", resolved: "var(--ant-color-success)", acknowledged: "var(--ant-color-primary)" } as const;

function History({ alert }: { alert: Detail }) {
  const t = useTexts(ALERTS);
  return (
    <Card styles={HEAD} title={<h2 style={{ margin: 0, fontSize: 16 }}>{t("one.history")}</h2>}>
      <Timeline
        items={[...alert.history].reverse().map((step, index) => ({
          key: index,
          color: COLOURS[step.state],
          content: (
            <div className="break">
              <strong>{t(`state.${step.state}`)}</strong> {step.value === null ? null : <span className="tabular">({measured(step.value)})</span>}
              <div style={{ color: "var(--ant-color-text-description)" }}>
                <When at={step.at} as="exact" />
                {step.actor ? ` ${t("one.history.by", { who: step.actor })}` : null}
                {step.run_id ? (
                  <>
                    {" · "}
                    <Link to={`/runs/${step.run_id}`} style={{ textDecoration: "underline" }}>{t("one.history.run")}</Link>
                  </>
                ) : null}
              </div>
              {step.comment ? <div className="pre">{step.comment}</div> : null}
            </div>
          ),
        }))}
      />
    </Card>
  );
}
