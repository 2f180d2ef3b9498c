// The runs that an alert's events have started.
import { Space } from "antd";
import { Link } from "react-router";
import type { Schema } from "@/api/client";
import { useSession } from "@/app/session";
import { type Translate, useTexts } from "@/app/texts";
import { RunState } from "@/components/RunState";
import { When } from "@/components/Time";
import { ALERTS } from "./texts";

const TRIGGER = encodeURIComponent(JSON.stringify({ subject: "event.alert.>", type: "alert.firing" }));

export function StartedRuns({ runs }: { runs: Schema<"StartedByAlert">[] }) {
  const t = useTexts(ALERTS);
  const { can } = useSession();
  if (runs.length === 0) {
    return (
      <Space orientation="vertical">
        <span style={{ color: "var(--ant-color-text-description)" }}>{t("one.started.none")}</span>
        {can("tasks:write") ? (
          <Link to={`/tasks/new?type=triggered&trigger=${TRIGGER}`}>{t("one.started.make")}</Link>
        ) : null}
      </Space>
    );
  }
  return (
    <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 8 }}>
      {runs.map((run) => (
        <li key={run.run_id}>
          <Space size={8} wrap>
            {run.status ? <RunState name={run.status} /> : <span>{t("one.started.notYet")}</span>}
            <Link to={`/runs/${run.run_id}`} className="break">
              {run.task_name ?? run.task_id}
            </Link>
            <span style={{ color: "var(--ant-color-text-description)" }}>
              {eventName(run.event, t)} · <When at={run.at} />
            </span>
          </Space>
        </li>
      ))}
    </ul>
  );
}

function eventName(event: string, t: Translate<keyof typeof ALERTS & string>): string {
  const key = `event.${event}`;
  return key in ALERTS ? t(key as keyof typeof ALERTS) : event;
}
