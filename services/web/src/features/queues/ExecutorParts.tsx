// Parts of an executor as table, card and drawer show them.
import { CheckCircleOutlined, CoffeeOutlined, DisconnectOutlined, HourglassOutlined, PoweroffOutlined, WarningFilled } from "@ant-design/icons";
import { Tag, Tooltip } from "antd";
import type { ReactNode } from "react";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { duration } from "@/components/format";
import { When } from "@/components/Time";
import { type Executor, IN_STEP } from "./executors";
import { EXECUTORS } from "./texts";

const LOOKS: Record<Executor["state"], { icon: ReactNode; color: string }> = {
  active: { icon: <CheckCircleOutlined />, color: "success" },
  draining: { icon: <HourglassOutlined />, color: "warning" },
  drained: { icon: <CoffeeOutlined />, color: "processing" },
  stopping: { icon: <PoweroffOutlined />, color: "default" },
  silent: { icon: <DisconnectOutlined />, color: "error" },
};

export function ExecutorState({ executor }: { executor: Executor }) {
  const t = useTexts(EXECUTORS);
  const { icon, color } = LOOKS[executor.state];
  return (
    <span>
      <Tag icon={icon} color={color}>{t(`state.${executor.state}`)}</Tag>
      {executor.drain ? (
        <span className="queue-quiet queue-note">
          {executor.drain.reason ? <span className="break">{executor.drain.reason} · </span> : null}
          {executor.drain.drained_by ? `${t("drained.by", { name: executor.drain.drained_by })} · ` : null}
          <When at={executor.drain.drained_at} />
        </span>
      ) : null}
    </span>
  );
}

export function Heard({ executor }: { executor: Executor }) {
  const silent = executor.state === "silent";
  return <span style={silent ? { color: "var(--ant-color-error-text)", fontWeight: 600 } : {}}><When at={executor.seen_at} /></span>;
}

export function Clock({ executor }: { executor: Executor }) {
  const t = useTexts(EXECUTORS);
  const { language } = usePreferences();
  const offset = executor.clock_offset_seconds;
  if (offset === null) return <span className="queue-quiet">–</span>;
  if (Math.abs(offset) < IN_STEP) return <span className="queue-quiet">{t("clock.ok")}</span>;
  const time = duration(Math.abs(offset), language);
  return (
    <Tooltip title={t("clock.warning")}>
      <Tag color="warning" icon={<WarningFilled />} tabIndex={0}>{offset > 0 ? t("clock.ahead", { time }) : t("clock.behind", { time })}</Tag>
    </Tooltip>
  );
}
