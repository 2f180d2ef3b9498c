// What a task does and how it is run, in words; defaults are told as such.
import { Card, Descriptions } from "antd";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { Json } from "@/components/Json";
import { Duration, When } from "@/components/Time";
import { titleOf, useActions } from "@/features/action-form/useActions";
import type { Task } from "../definition";
import { DETAIL } from "../detailTexts";

type Item = { key: string; label: string; children: ReactNode };
const LABELS = { label: { color: "var(--ant-color-text-description)" } } as const;
const COLUMN = { xs: 1, sm: 2 } as const;

export function What({ task }: { task: Task }) {
  const t = useTexts(DETAIL);
  const { language } = usePreferences();
  const action = useActions().data?.find((each) => each.name === task.task_action);
  return (
    <Card title={t("what")}>
      <p style={{ marginBlockStart: 0 }}>
        <strong>{action ? titleOf(action, language) : task.task_action}</strong>{" "}
        {action ? <code className="mono" style={{ color: "var(--ant-color-text-description)" }}>{task.task_action}</code> : null}
      </p>
      <div style={{ color: "var(--ant-color-text-description)", marginBlockEnd: 4 }}>{t("parameters")}</div>
      {Object.keys(task.action_config).length ? <Json value={task.action_config} maxHeight={280} /> : t("parameters.none")}
    </Card>
  );
}

export function How({ task }: { task: Task }) {
  const t = useTexts(DETAIL);
  const tells = [task.notify_on_failure && t("notifies.failure"), task.notify_on_success && t("notifies.success")].filter(Boolean);
  const recipients = task.notify_recipients.length ? task.notify_recipients.join(", ") : t("notifies.creator");
  const items: (Item | null)[] = [
    { key: "queue", label: t("queue"), children: <Link to="/queues">{task.queue}</Link> },
    { key: "priority", label: t("priority"), children: t("priority.value", { count: task.priority }) },
    { key: "timeout", label: t("timeout"), children: <Duration seconds={task.timeout_seconds} /> },
    { key: "retry", label: t("retry"), children: task.retry ? t("retry.value", { count: task.retry.max_attempts }) : t("retry.none") },
    { key: "overlap", label: t("overlap"), children: task.overlap ? t(`overlap.${task.overlap}`) : t("overlap.usual") },
    task.start_deadline_seconds === null ? null : { key: "deadline", label: t("deadline"), children: <Duration seconds={task.start_deadline_seconds} /> },
    task.concurrency === null ? null : { key: "concurrency", label: t("concurrency"), children: task.concurrency.limit },
    task.blackout === null ? null : { key: "blackout", label: t("blackout"), children: <Link to="/calendars">{task.blackout.calendars.join(", ")}</Link> },
    task.locks.length === 0 ? null : { key: "locks", label: t("locks"), children: <code className="mono break">{task.locks.map((lock) => lock.key).join(", ")}</code> },
    { key: "notify", label: t("notifies"), children: tells.length ? `${tells.join(" · ")} ${t("notifies.to", { names: recipients })}` : t("notifies.nobody") },
    { key: "created", label: t("created"), children: <span><When at={task.created_at} />{task.created_by ? ` ${t("by", { name: task.created_by })}` : ""}</span> },
    { key: "updated", label: t("updated"), children: <span><When at={task.updated_at} /> · {t("def.version", { count: task.version })}</span> },
  ];
  return (
    <Card title={t("how")}>
      <Descriptions size="small" column={COLUMN} styles={LABELS} items={items.filter((item) => item !== null)} />
    </Card>
  );
}
