// How alerts are marked: their state, their level, what holds them back; icon and word, never colour alone.
import {
  AlertFilled, CheckCircleFilled, ClockCircleOutlined, CloseCircleFilled, ExclamationCircleFilled, InfoCircleFilled, MutedOutlined,
} from "@ant-design/icons";
import { Space, Tag, Tooltip } from "antd";
import type { CSSProperties, ReactNode } from "react";
import { Link } from "react-router";
import type { Schema } from "@/api/client";
import { useTexts } from "@/app/texts";
import { ALERTS } from "./texts";

export type Alert = Schema<"Alert">;
export type Level = Alert["level"];
export type State = Alert["state"];

const STATES: Record<State, { icon: ReactNode; color: string }> = {
  firing: { icon: <AlertFilled />, color: "error" },
  pending: { icon: <ClockCircleOutlined />, color: "warning" },
  resolved: { icon: <CheckCircleFilled />, color: "success" },
};
const LEVELS: Record<Level, { icon: ReactNode; color: string }> = {
  error: { icon: <CloseCircleFilled />, color: "error" },
  warning: { icon: <ExclamationCircleFilled />, color: "warning" },
  info: { icon: <InfoCircleFilled />, color: "processing" },
};

export function AlertState({ state }: { state: State }) {
  const t = useTexts(ALERTS);
  return (
    <Tag icon={STATES[state].icon} color={STATES[state].color} style={{ marginInlineEnd: 0 }}>
      {t(`state.${state}`)}
    </Tag>
  );
}

export function AlertLevel({ level }: { level: Level }) {
  const t = useTexts(ALERTS);
  return (
    <Tag icon={LEVELS[level].icon} color={LEVELS[level].color} variant="outlined" style={{ marginInlineEnd: 0 }}>
      {t(`level.${level}`)}
    </Tag>
  );
}

/** Why nobody is told, if so. */
export function Muted({ alert }: { alert: Alert }) {
  const t = useTexts(ALERTS);
  const [silence] = alert.silenced_by;
  return (
    <>
      {silence ? (
        <Link to={`/alert-silences?open=${silence}`}>
          <Tag icon={<MutedOutlined />} style={{ marginInlineEnd: 0 }}>
            {t("muted.silenced")}
          </Tag>
        </Link>
      ) : null}
      {alert.inhibited_by.length > 0 ? (
        <Tooltip title={t("muted.inhibited.text")}>
          <Tag icon={<MutedOutlined />} tabIndex={0} style={{ marginInlineEnd: 0 }}>
            {t("muted.inhibited")}
          </Tag>
        </Tooltip>
      ) : null}
    </>
  );
}

const OWN_LABELS = new Set(["alertname", "severity", "reason"]);

const PLAIN: CSSProperties = {
  background: "none", border: 0, padding: 0, minHeight: 24, font: "inherit", color: "inherit", cursor: "pointer", textAlign: "start", overflowWrap: "anywhere",
};

export interface LabelsProps {
  labels: Record<string, string>;
  /** Without those that repeat the rule's name and level. */
  short?: boolean;
  most?: number;
  onChoose?: (name: string, value: string) => void;
}

export function Labels({ labels, short = false, most = 100, onChoose }: LabelsProps) {
  const t = useTexts(ALERTS);
  const all = Object.entries(labels).filter(([name]) => !short || !OWN_LABELS.has(name));
  const shown = all.slice(0, most);
  return (
    <Space size={[4, 4]} wrap>
      {shown.map(([name, value]) => {
        const text = `${name}=${value}`;
        return (
          <Tag key={name} className="mono" style={{ marginInlineEnd: 0, maxWidth: 280, whiteSpace: "normal", overflowWrap: "anywhere" }}>
            {onChoose ? (
              <button type="button" style={PLAIN} aria-label={t("labels.filter", { label: text })} onClick={() => onChoose(name, value)}>
                {text}
              </button>
            ) : (
              text
            )}
          </Tag>
        );
      })}
      {all.length > shown.length ? <span style={{ color: "var(--ant-color-text-description)" }}>{t("labels.more", { count: all.length - shown.length })}</span> : null}
    </Space>
  );
}

/** What an alert says in one line. */
export function headline(alert: Pick<Alert, "annotations" | "rule">): string {
  return alert.annotations.summary || alert.annotations.description || alert.rule;
}

/** A number as it was measured: not more digits than anybody reads. */
export function measured(value: Alert["value"]): string {
  if (value === null) return "–";
  if (typeof value === "string") return value;
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}
