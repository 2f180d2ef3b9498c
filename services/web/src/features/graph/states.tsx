// How a task in the graph stands: icon, word and colour, so that nobody depends on the colour alone.
import {
  CheckCircleFilled, ClockCircleOutlined, CloseCircleFilled, DeleteOutlined, FieldTimeOutlined, MinusCircleOutlined, PauseCircleOutlined,
  QuestionCircleOutlined, StopOutlined, SyncOutlined, ToolOutlined,
} from "@ant-design/icons";
import type { ReactNode } from "react";
import { GRAPH } from "./texts";
import type { Edge } from "./graph";

export const NODE_LOOKS: Record<string, { icon: ReactNode; color: string }> = {
  running: { icon: <SyncOutlined spin />, color: "var(--ant-color-primary)" },
  waiting: { icon: <ClockCircleOutlined />, color: "var(--ant-color-warning)" },
  success: { icon: <CheckCircleFilled />, color: "var(--ant-color-success)" },
  failure: { icon: <CloseCircleFilled />, color: "var(--ant-color-error)" },
  timed_out: { icon: <FieldTimeOutlined />, color: "var(--ant-color-error)" },
  needs_operator: { icon: <ToolOutlined />, color: "var(--ant-color-warning)" },
  cancelled: { icon: <StopOutlined />, color: "var(--ant-color-text-tertiary)" },
  never: { icon: <MinusCircleOutlined />, color: "var(--ant-color-text-tertiary)" },
  disabled: { icon: <PauseCircleOutlined />, color: "var(--ant-color-text-tertiary)" },
  deleted: { icon: <DeleteOutlined />, color: "var(--ant-color-text-tertiary)" },
};
const UNKNOWN = { icon: <QuestionCircleOutlined />, color: "var(--ant-color-text-tertiary)" };

export function nodeLook(state: string) {
  return NODE_LOOKS[state] ?? UNKNOWN;
}

type StateKey = Extract<keyof typeof GRAPH, `state.${string}`>;

export function stateKey(state: string): StateKey {
  return `state.${state}` in GRAPH ? (`state.${state}` as StateKey) : "state.unknown";
}

/** Colour and dashes of an edge. */
export const EDGE_LOOKS: Record<Edge["state"], { color: string; dash?: string }> = {
  started: { color: "var(--ant-color-success)" },
  waiting: { color: "var(--ant-color-warning)", dash: "6 4" },
  blocked: { color: "var(--ant-color-error)", dash: "2 4" },
  pending: { color: "var(--ant-color-primary)" },
  idle: { color: "var(--ant-color-text-quaternary)" },
  off: { color: "var(--ant-color-text-quaternary)", dash: "1 5" },
  broken: { color: "var(--ant-color-error)", dash: "1 5" },
};
