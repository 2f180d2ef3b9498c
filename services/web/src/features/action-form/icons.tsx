// A sign for each kind of action; those of other packages share one.
import {
  ApiOutlined, BellOutlined, ClockCircleOutlined, CodeOutlined, ConsoleSqlOutlined, DatabaseOutlined, FileTextOutlined, GlobalOutlined,
  HourglassOutlined, NotificationOutlined, PlayCircleOutlined, PoweroffOutlined, QuestionCircleOutlined, RocketOutlined,
} from "@ant-design/icons";
import type { ReactNode } from "react";

const ICONS: Record<string, ReactNode> = {
  account_start: <PlayCircleOutlined />,
  account_stop: <PoweroffOutlined />,
  alert_check: <BellOutlined />,
  data_backup: <DatabaseOutlined />,
  http_request: <GlobalOutlined />,
  nats_publish: <NotificationOutlined />,
  nats_request: <QuestionCircleOutlined />,
  noop: <ClockCircleOutlined />,
  python: <FileTextOutlined />,
  script_publish: <RocketOutlined />,
  shell: <CodeOutlined />,
  sql: <ConsoleSqlOutlined />,
  wait_for_event: <HourglassOutlined />,
};

export function ActionIcon({ name }: { name: string }) {
  return <span aria-hidden>{ICONS[name] ?? <ApiOutlined />}</span>;
}
