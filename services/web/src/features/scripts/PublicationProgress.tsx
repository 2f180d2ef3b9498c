// One publication, live: how far it is, why it stopped, and how each of its accounts stands.
import { StopOutlined } from "@ant-design/icons";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Card, Descriptions, Popconfirm, Progress as Bar, Select, Skeleton, Space, Tag } from "antd";
import { Link } from "react-router";
import { useState } from "react";
import { api, ask, type Schema } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { LIVE, live } from "@/api/queries";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { Failure, sentenceOf } from "@/components/Failure";
import { KeysetTable, keysetOptions } from "@/components/KeysetTable";
import { RunState } from "@/components/RunState";
import { When } from "@/components/Time";
import { WORDS } from "@/components/texts";
import { AccountState } from "@/features/accounts/marks";
import { readPublication, readTargets } from "./api";
import { PublicationState } from "./marks";
import { FATES, PUBLISH } from "./texts";

type Target = Schema<"ScriptTarget">;
type Fate = Target["fate"];
const COLORS: Record<Fate, string> = {
  waiting: "default", awaited: "processing", done: "success", assigned: "blue", noop: "default", failed: "error", taken_back: "warning", superseded: "warning", gone: "default",
};

export function PublicationProgress({ runId, onClose }: { runId: string; onClose: () => void }) {
  const t = useTexts(PUBLISH);
  const words = useTexts(WORDS);
  const found = useQuery({
    ...live,
    queryKey: ["scripts", "publication", runId],
    queryFn: () => readPublication(runId).catch(onlyIfThere),
    refetchInterval: LIVE / 2,
  });
  const close = <Button size="small" onClick={onClose}>{words("close")}</Button>;
  return (
    <Card size="small" title={<Heading>{t("progress.title")}</Heading>} extra={close} style={{ marginBlockEnd: 16 }}>
      <Failure error={found.error} retry={() => void found.refetch()} />
      {found.isPending ? <Skeleton active /> : found.data ? <Begun publication={found.data} /> : <NotBegun runId={runId} />}
    </Card>
  );
}

function Heading({ children }: { children: string }) {
  return <h2 style={{ fontSize: 15, margin: 0 }}>{children}</h2>;
}

/** Null: the run has not begun, or was not to. */
function onlyIfThere(error: unknown): null {
  if (error instanceof ApiProblem && error.status === 404) return null;
  throw error;
}

function NotBegun({ runId }: { runId: string }) {
  const t = useTexts(PUBLISH);
  const run = useQuery({ ...live, queryKey: ["scripts", "run", runId], queryFn: () => ask(api.GET("/api/v1/group-ai/automation-runs/{run_id}", { params: { path: { run_id: runId } } })) });
  const ended = run.data?.completed_at != null;
  return (
    <Space orientation="vertical">
      <Space wrap>{run.data ? <RunState name={run.data.status} /> : null}{ended ? t("ended", { result: run.data?.error_message ?? run.data?.result ?? "" }) : t("waiting")}</Space>
      <Link to={`/runs/${runId}`}>{t("run")}</Link>
    </Space>
  );
}

function Begun({ publication }: { publication: Schema<"ScriptPublicationProgress"> }) {
  const t = useTexts(PUBLISH);
  const fates = useTexts(FATES);
  const { can } = useSession();
  const { message } = App.useApp();
  const [fate, setFate] = useState("");
  const { total, given, state } = publication;
  const reached = (["done", "assigned", "noop"] as const).reduce((sum, name) => sum + (publication.fates[name] ?? 0), 0);
  const atWork = state === "running" || state === "rolling_back";
  const client = useQueryClient();
  const cancelling = useMutation({
    mutationFn: () => ask(api.POST("/api/v1/group-ai/automation-runs/{run_id}/cancel", { params: { path: { run_id: publication.run_id } }, body: {} as never })),
    onSuccess: () => {
      void message.success(t("cancelled"));
      return client.invalidateQueries({ queryKey: ["scripts"] });
    },
    onError: (error) => void message.error(sentenceOf(error, t("cancel"))),
  });
  return (
    <div style={{ display: "grid", gap: 12 }}>
      <Space wrap>
        <PublicationState name={state} />
        <Tag>{publication.environment}</Tag>
        <span className="tabular">{publication.from_version ?? "–"} → <strong>{publication.version}</strong></span>
        <When at={publication.started_at} />
        <Link to={`/runs/${publication.run_id}`}>{t("run")}</Link>
        {atWork && can("tasks:run") ? (
          <Popconfirm title={t("cancel")} description={t("cancelText")} onConfirm={() => cancelling.mutate()}>
            <Button size="small" danger icon={<StopOutlined />} loading={cancelling.isPending}>{t("cancel")}</Button>
          </Popconfirm>
        ) : null}
      </Space>
      {publication.reason ? <Alert type={state === "published" ? "info" : "warning"} showIcon title={t("reason")} description={<span className="break">{publication.reason}</span>} /> : null}
      <div role="status">
        <Bar percent={total ? Math.round((100 * reached) / total) : 100} status={atWork ? "active" : state === "published" ? "success" : "exception"} aria-label={t("col.progress")} />
        {t("progress", { given, total })}
      </div>
      <Space wrap size={6}>
        {(Object.entries(publication.fates) as [Fate, number][]).map(([name, count]) => (
          <Tag key={name} color={COLORS[name]}>{fates(name)} <strong className="tabular">{count}</strong></Tag>
        ))}
      </Space>
      <Asked params={publication.params} />
      <Space>
        <Heading>{t("targets")}</Heading>
        <Select
          size="small"
          aria-label={t("col.state")}
          value={fate}
          style={{ minWidth: 150 }}
          options={[{ value: "", label: t("targets.all") }, ...(Object.keys(publication.fates) as Fate[]).map((value) => ({ value, label: fates(value) }))]}
          onChange={setFate}
        />
      </Space>
      <Targets runId={publication.run_id} fate={fate} />
    </div>
  );
}

function Asked({ params }: { params: Schema<"ScriptPublication">["params"] }) {
  const t = useTexts(PUBLISH);
  const strategy = (params.strategy as { type?: string; steps?: { percent: number; hold_seconds?: number }[] } | undefined) ?? {};
  const gate = params.gate as { alert_rule?: string } | null | undefined;
  const kind = strategy.type === "canary" || strategy.type === "waves" ? strategy.type : "all";
  const steps = (strategy.steps ?? []).map((step) => `${step.percent} %${step.hold_seconds ? ` (${step.hold_seconds} s)` : ""}`).join(" → ");
  return (
    <Descriptions
      size="small"
      column={{ xs: 1, md: 3 }}
      items={[
        { key: "s", label: t("strategy"), children: `${t(`strategy.${kind}`)}${steps ? ` · ${steps}` : ""}` },
        { key: "g", label: t("gate"), children: gate?.alert_rule ?? t("gate.none") },
        { key: "f", label: t("onFail"), children: t(params.on_gate_fail === "pause" ? "onFail.pause" : "onFail.rollback") },
      ]}
    />
  );
}

function Targets({ runId, fate }: { runId: string; fate: string }) {
  const t = useTexts(PUBLISH);
  const fates = useTexts(FATES);
  const list = useInfiniteQuery({ ...keysetOptions, ...live, queryKey: ["scripts", "targets", runId, fate], queryFn: ({ pageParam }) => readTargets(runId, fate, pageParam) });
  const fateTag = (row: Target) => <Tag color={COLORS[row.fate]} style={{ marginInlineEnd: 0 }}>{fates(row.fate)}</Tag>;
  const link = (row: Target) => <Link to={`/accounts/${encodeURIComponent(row.account_id)}`} className="break">{row.display_name ?? row.account_id}</Link>;
  const short = (version: string | null) => (version ? <code className="mono">{version.slice(0, 8)}</code> : "–");
  return (
    <KeysetTable<Target>
      label={t("targets")}
      query={list}
      rowKey={(row) => row.account_id}
      columns={[
        { title: t("targets"), key: "account", render: (_, row) => link(row) },
        { title: t("col.state"), key: "fate", render: (_, row) => fateTag(row) },
        { title: "", key: "state", render: (_, row) => <AccountState name={row.state} /> },
        { title: t("target.to"), key: "to", render: (_, row) => short(row.assigned) },
        { title: t("target.runs"), key: "runs", render: (_, row) => short(row.running) },
        { title: "", key: "detail", render: (_, row) => <span className="break">{row.detail}</span> },
      ]}
      card={(row) => <Card size="small"><Space wrap>{link(row)}{fateTag(row)}<AccountState name={row.state} /></Space></Card>}
      empty={<p>{t("targets.none")}</p>}
    />
  );
}
