// The state of a run: icon, word and colour, so that nobody depends on the colour alone.
import {
  CheckCircleFilled, ClockCircleOutlined, CloseCircleFilled, FieldTimeOutlined, MinusCircleOutlined, QuestionCircleOutlined,
  RedoOutlined, StopOutlined, SyncOutlined, ToolOutlined,
} from "@ant-design/icons";
import { Tag } from "antd";
import type { ReactNode } from "react";
import { defineTexts, useTexts } from "@/app/texts";

export const RUN_STATES = defineTexts({
  waiting: { zh: "排隊中", en: "Waiting" },
  running: { zh: "執行中", en: "Running" },
  retrying: { zh: "等待重試", en: "Waiting to retry" },
  success: { zh: "成功", en: "Succeeded" },
  failure: { zh: "失敗", en: "Failed" },
  timed_out: { zh: "逾時", en: "Timed out" },
  cancelled: { zh: "已取消", en: "Cancelled" },
  needs_operator: { zh: "需要人工處理", en: "Needs an operator" },
  skipped: { zh: "已略過", en: "Skipped" },
  unknown: { zh: "未知", en: "Unknown" },
});

export type RunStateName = keyof typeof RUN_STATES;

const LOOKS: Record<RunStateName, { icon: ReactNode; color: string }> = {
  waiting: { icon: <ClockCircleOutlined />, color: "default" },
  running: { icon: <SyncOutlined spin />, color: "processing" },
  retrying: { icon: <RedoOutlined />, color: "warning" },
  success: { icon: <CheckCircleFilled />, color: "success" },
  failure: { icon: <CloseCircleFilled />, color: "error" },
  timed_out: { icon: <FieldTimeOutlined />, color: "error" },
  cancelled: { icon: <StopOutlined />, color: "default" },
  needs_operator: { icon: <ToolOutlined />, color: "warning" },
  skipped: { icon: <MinusCircleOutlined />, color: "default" },
  unknown: { icon: <QuestionCircleOutlined />, color: "default" },
};

/** Colours for strips, charts and bars, as CSS values that follow the theme. */
export const RUN_COLORS: Record<RunStateName, string> = {
  waiting: "var(--ant-color-text-quaternary)",
  running: "var(--ant-color-primary)",
  retrying: "var(--ant-color-warning)",
  success: "var(--ant-color-success)",
  failure: "var(--ant-color-error)",
  timed_out: "var(--ant-color-error)",
  cancelled: "var(--ant-color-text-tertiary)",
  needs_operator: "var(--ant-color-warning)",
  skipped: "var(--ant-color-text-quaternary)",
  unknown: "var(--ant-color-text-quaternary)",
};

/** `name` is a state as the API says it; a word of a newer API is shown as unknown, not hidden. */
export function runState(name: string | null | undefined): RunStateName {
  return name && name in RUN_STATES ? (name as RunStateName) : "unknown";
}

export function RunState({ name }: { name: string | null | undefined }) {
  const t = useTexts(RUN_STATES);
  const state = runState(name);
  const { icon, color } = LOOKS[state];
  return (
    <Tag icon={icon} color={color} style={{ marginInlineEnd: 0 }}>
      {t(state)}
    </Tag>
  );
}
