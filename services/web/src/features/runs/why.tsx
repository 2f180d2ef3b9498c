// What started a run: an icon and a word for the kind, the API's sentence for the rest.
import { ApartmentOutlined, ClockCircleOutlined, HistoryOutlined, RedoOutlined, ThunderboltOutlined, UserOutlined } from "@ant-design/icons";
import { Tooltip } from "antd";
import type { ReactNode } from "react";
import { useTexts } from "@/app/texts";
import { TRIGGER_WORDS } from "./texts";

export const TRIGGERS = ["schedule", "manual", "event", "dependency", "backfill", "requeue"] as const;
export type Trigger = (typeof TRIGGERS)[number];

const ICONS: Record<Trigger, ReactNode> = {
  schedule: <ClockCircleOutlined />,
  manual: <UserOutlined />,
  event: <ThunderboltOutlined />,
  dependency: <ApartmentOutlined />,
  backfill: <HistoryOutlined />,
  requeue: <RedoOutlined />,
};

export function isTrigger(word: string): word is Trigger {
  return (TRIGGERS as readonly string[]).includes(word);
}

export function TriggerMark({ trigger, why }: { trigger: string; why?: string }) {
  const t = useTexts(TRIGGER_WORDS);
  const word = isTrigger(trigger) ? t(trigger) : trigger;
  return (
    <Tooltip title={why}>
      <span style={{ whiteSpace: "nowrap" }}>
        <span aria-hidden>{isTrigger(trigger) ? ICONS[trigger] : null}</span> {word}
      </span>
    </Tooltip>
  );
}
