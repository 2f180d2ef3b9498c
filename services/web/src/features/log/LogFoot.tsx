// Below a log: whether it is live, what is selected, and what is missing.
import { CheckCircleOutlined, LoadingOutlined, StopOutlined, SyncOutlined } from "@ant-design/icons";
import { Button, Space } from "antd";
import { CopyButton } from "@/components/Command";
import { useTexts } from "@/app/texts";
import type { LogSnapshot } from "./logSource";
import { LOG_TEXTS } from "./texts";

export interface LogFootProps {
  log: LogSnapshot;
  /** Lines that the server has and that did not come by the stream; 0 as a rule. */
  missing: number;
  onAgain: () => void;
  /** The text of the selected lines, if there are any. */
  selected: { count: number; text: string; link: string } | null;
  onClear: () => void;
}

const ICONS = {
  connecting: <LoadingOutlined />,
  live: <SyncOutlined spin />,
  waiting: <LoadingOutlined />,
  ended: <CheckCircleOutlined />,
  refused: <StopOutlined />,
};

export function LogFoot({ log, missing, onAgain, selected, onClear }: LogFootProps) {
  const t = useTexts(LOG_TEXTS);
  const count = log.lines.length + log.dropped;
  return (
    <div className="log-foot">
      <span role="status">
        <span aria-hidden>{ICONS[log.state]}</span> {log.problem?.detail ?? t(`state.${log.state}`, { count })}
      </span>
      {log.state === "live" ? <span className="tabular">{t("lines", { count })}</span> : null}
      {log.dropped > 0 ? <span>{t("dropped", { count: log.dropped })}</span> : null}
      {missing > 0 ? <Button size="small" onClick={onAgain}>{t("reload.missing", { count: missing })}</Button> : null}
      {selected ? (
        <Space size={4} wrap style={{ marginInlineStart: "auto" }}>
          <span>{t("selected", { count: selected.count })}</span>
          <CopyButton text={selected.text} label={t("copy.lines")} />
          <CopyButton text={selected.link} label={t("copy.link")} />
          <Button size="small" type="text" onClick={onClear}>{t("selected.clear")}</Button>
        </Space>
      ) : null}
    </div>
  );
}
