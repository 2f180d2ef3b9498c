// One executor with the runs that it has in hand.
import { useQuery } from "@tanstack/react-query";
import { Alert, Descriptions, Drawer, Progress, Skeleton, Space, Tag } from "antd";
import { Link } from "react-router";
import { api, ask, type Schema } from "@/api/client";
import { live } from "@/api/queries";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { Elapsed, When } from "@/components/Time";
import { ExecutorActions } from "./ExecutorActions";
import { Clock, ExecutorState, Heard } from "./ExecutorParts";
import type { Executor } from "./executors";
import { EXECUTORS } from "./texts";

type Detail = Schema<"ExecutorDetail">;
type Note = "draining" | "drained" | "silent";
const NOTES: Partial<Record<Detail["state"], Note>> = { draining: "draining", drained: "drained", silent: "silent" };

export function ExecutorDrawer({ id, all, onClose }: { id: string; all: readonly Executor[]; onClose: () => void }) {
  const t = useTexts(EXECUTORS);
  const query = useQuery({
    queryKey: ["executors", "one", id],
    queryFn: () => ask(api.GET("/api/v1/group-ai/executors/{executor_id}", { params: { path: { executor_id: id } } })),
    ...live,
  });
  const one = query.data;
  const note = one ? NOTES[one.state] : undefined;
  return (
    <Drawer open onClose={onClose} size={480} title={one?.instance ?? t("title")}>
      <Failure error={query.error} />
      {query.isPending ? <Skeleton active /> : null}
      {one ? (
        <Space orientation="vertical" size={16} style={{ width: "100%" }}>
          <ExecutorActions executor={one} all={all} size="middle" />
          {note ? <Alert type={note === "drained" ? "info" : "warning"} showIcon title={t(`state.${note}.note`)} /> : null}
          <Descriptions
            column={1}
            size="small"
            bordered
            styles={{ label: { width: 112 } }}
            items={[
              { key: "state", label: <span>{t("instance")}</span>, children: <ExecutorState executor={one} /> },
              { key: "slots", label: t("slots"), children: t("slots.value", { running: one.running, slots: one.slots }) },
              { key: "host", label: t("host"), children: <span className="break">{one.host}</span> },
              { key: "version", label: t("version"), children: one.version ?? "–" },
              { key: "started", label: t("started"), children: <When at={one.started_at} /> },
              { key: "heard", label: t("heard"), children: <Heard executor={one} /> },
              { key: "clock", label: t("clock"), children: <Clock executor={one} /> },
              { key: "queues", label: t("queues"), children: one.queues.map((name) => <Link key={name} to={`/queues?queue=${name}`}><Tag>{name}</Tag></Link>) },
              { key: "labels", label: t("labels"), children: Object.entries(one.labels).map(([name, value]) => <Tag key={name}>{`${name}=${value}`}</Tag>) },
              { key: "actions", label: t("actions"), children: <span className="break">{one.actions.join(", ")}</span> },
            ]}
          />
          <section aria-labelledby="in-hand">
            <h3 id="in-hand" style={{ fontSize: 15, margin: "0 0 8px" }}>{t("runs")}</h3>
            {one.runs.length === 0 ? <p className="queue-quiet" style={{ margin: 0 }}>{t("runs.none")}</p> : <InHand runs={one.runs} />}
            {one.more_runs ? <p className="queue-quiet">{t("runs.more", { count: one.runs.length })}</p> : null}
          </section>
        </Space>
      ) : null}
    </Drawer>
  );
}

function InHand({ runs }: { runs: Detail["runs"] }) {
  const t = useTexts(EXECUTORS);
  return (
    <ul className="queue-cards">
      {runs.map((run) => (
        <li key={run.run_id}>
          <Link to={`/runs/${run.run_id}`}>{run.task_name ?? t("runs.deleted")}</Link>
          <div className="queue-quiet">
            {t("runs.since")} <Elapsed since={run.claimed_at} />
            {run.attempt > 1 ? ` · ${t("runs.attempt", { count: run.attempt })}` : null}
            {run.message ? ` · ${run.message}` : null}
          </div>
          {run.percent === null ? null : <Progress percent={Math.round(run.percent)} size="small" aria-label={run.task_name ?? run.run_id} />}
        </li>
      ))}
    </ul>
  );
}
