// What became of a message: icon, word and colour. And what it was about.
import { CheckCircleFilled, ClockCircleOutlined, CloseCircleFilled, CompressOutlined, RedoOutlined } from "@ant-design/icons";
import { Tag } from "antd";
import type { ReactNode } from "react";
import type { Schema } from "@/api/client";
import { type Translate, useTexts } from "@/app/texts";
import { LOG } from "./log-texts";

type State = Schema<"Notification">["state"];

const LOOKS: Record<State, { icon: ReactNode; color: string }> = {
  waiting: { icon: <ClockCircleOutlined />, color: "default" },
  failed: { icon: <RedoOutlined />, color: "warning" },
  sent: { icon: <CheckCircleFilled />, color: "success" },
  given_up: { icon: <CloseCircleFilled />, color: "error" },
  folded: { icon: <CompressOutlined />, color: "default" },
};

export function DeliveryStateTag({ state }: { state: State }) {
  const t = useTexts(LOG);
  return (
    <Tag icon={LOOKS[state].icon} color={LOOKS[state].color} style={{ marginInlineEnd: 0 }}>
      {t(`state.${state}`)}
    </Tag>
  );
}

export const EVENTS = [
  "failure", "recovered", "dead", "needs_operator", "late", "missed", "silent", "start", "success", "skipped", "cancelled", "more", "alert.firing", "alert.resolved",
] as const;

/** An event in words; one of a newer notifier is shown as it is. */
export function eventName(event: string, t: Translate<keyof typeof LOG & string>): string {
  const key = `event.${event}`;
  return key in LOG ? t(key as keyof typeof LOG) : event;
}
