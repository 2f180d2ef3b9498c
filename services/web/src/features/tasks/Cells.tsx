// What stands in the cells of the task list.
import { BranchesOutlined, ClockCircleOutlined, ThunderboltOutlined, ToolOutlined, WarningFilled } from "@ant-design/icons";
import { Space, Tag, Tooltip } from "antd";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { percent } from "@/components/format";
import { RunState } from "@/components/RunState";
import { Duration, When } from "@/components/Time";
import { WORDS } from "@/components/texts";
import type { Column } from "./columns";
import { RunStrip } from "./RunStrip";
import { LIST } from "./texts";
import type { TaskRow } from "./useTaskList";

const FAINT = { color: "var(--ant-color-text-description)" } as const;
const ONE_LINE = { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" } as const;

export function NameCell({ task, compact }: { task: TaskRow; compact: boolean }) {
  const t = useTexts(LIST);
  const w = useTexts(WORDS);
  return (
    <div style={{ minWidth: 0 }}>
      <div style={{ display: "flex", gap: 6, alignItems: "center", minWidth: 0 }}>
        {task.failing ? (
          <Tooltip title={t("row.failing")}>
            <WarningFilled aria-label={t("row.failing")} style={{ color: "var(--ant-color-error)" }} />
          </Tooltip>
        ) : null}
        <Link to={`/tasks/${task.id}`} title={task.name} style={{ ...ONE_LINE, fontWeight: 500, ...(task.enabled ? {} : FAINT) }}>
          {task.name}
        </Link>
        {task.enabled ? null : <Tag>{w("disabled")}</Tag>}
        <LiveTag task={task} />
      </div>
      {compact || !task.description ? null : (
        <div title={task.description} style={{ ...FAINT, ...ONE_LINE, fontSize: 12 }}>{task.description}</div>
      )}
    </div>
  );
}

export function LiveTag({ task }: { task: TaskRow }) {
  const t = useTexts(LIST);
  return (
    <>
      {task.live_runs > 0 ? <Tag color="processing">{t("row.live", { count: task.live_runs })}</Tag> : null}
      {task.held_runs > 0 ? <Tag icon={<ClockCircleOutlined aria-hidden />}>{t("row.held", { count: task.held_runs })}</Tag> : null}
    </>
  );
}

export function WhenCell({ task }: { task: TaskRow }) {
  const t = useTexts(LIST);
  if (task.task_type === "scheduled") return <span title={task.when ?? ""}>{task.when}</span>;
  if (task.task_type === "manual") return <Faint icon={<ToolOutlined aria-hidden />} text={t("row.manual")} />;
  const config = task.trigger_config ?? {};
  const subject = [config.subject, config.type, config.condition].find((each) => typeof each === "string");
  return <Faint icon={<ThunderboltOutlined aria-hidden />} text={typeof subject === "string" ? subject : t("row.triggered")} />;
}

function Faint({ icon, text }: { icon: ReactNode; text: string }) {
  return <span style={FAINT} title={text}>{icon} {text}</span>;
}

/** A value of a column; the name has a cell of its own. */
export function Cell({ column, task, compact }: { column: Column; task: TaskRow; compact: boolean }) {
  const t = useTexts(LIST);
  const { language } = usePreferences();
  switch (column) {
    case "when":
      return <div style={compact ? ONE_LINE : CLAMPED}><WhenCell task={task} /></div>;
    case "action":
      return <code className="mono" title={task.task_action} style={{ ...ONE_LINE, display: "block" }}>{task.task_action}</code>;
    case "queue":
      return <div title={task.queue} style={ONE_LINE}>{task.queue}</div>;
    case "strip":
      return <RunStrip runs={task.last_runs} />;
    case "last":
      return task.last_run ? (
        <Space size={compact ? 6 : 0} orientation={compact ? "horizontal" : "vertical"}>
          <RunState name={task.last_run.status} />
          {compact ? null : <small style={FAINT}><When at={task.last_run.started_at} /></small>}
        </Space>
      ) : (
        <span style={FAINT}>–</span>
      );
    case "next":
      return task.next_run_at ? <When at={task.next_run_at} /> : <span style={FAINT}>–</span>;
    case "rate": {
      const rate = task.recent.success_rate;
      if (rate === null) return <span style={FAINT}>–</span>;
      return (
        <Tooltip title={t("column.rate.help")}>
          <span className="tabular" style={rate < 0.9 ? { color: "var(--ant-color-error)" } : {}}>{percent(rate, language)}</span>
        </Tooltip>
      );
    }
    case "p95":
      return <Duration seconds={task.recent.p95_seconds} />;
    case "failures":
      return <span className="tabular">{task.failure_count.toLocaleString(language)}</span>;
    case "created":
      return <When at={task.created_at} />;
  }
}

const CLAMPED = { display: "-webkit-box", WebkitLineClamp: 2, WebkitBoxOrient: "vertical", overflow: "hidden", fontSize: 13 } as const;

export function Followers({ task }: { task: TaskRow }) {
  const t = useTexts(LIST);
  return task.dependents > 0 ? <span style={FAINT}><BranchesOutlined aria-hidden /> {t("row.followers", { count: task.dependents })}</span> : null;
}
