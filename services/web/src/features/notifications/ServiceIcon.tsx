// A mark for each service; its name always stands beside it.
import {
  AlertOutlined, BellOutlined, DiscordOutlined, GoogleOutlined, MailOutlined, MessageOutlined, MobileOutlined, PhoneOutlined, SendOutlined, SlackOutlined, TeamOutlined,
} from "@ant-design/icons";
import type { ReactNode } from "react";
import type { ServiceName } from "./services";

const ICONS: Record<ServiceName, ReactNode> = {
  email: <MailOutlined />,
  webhook: <SendOutlined />,
  alertmanager: <AlertOutlined />,
  line: <MessageOutlined />,
  telegram: <SendOutlined rotate={-30} />,
  slack: <SlackOutlined />,
  discord: <DiscordOutlined />,
  gchat: <GoogleOutlined />,
  webex: <TeamOutlined />,
  pagerduty: <PhoneOutlined />,
  opsgenie: <BellOutlined />,
  pushover: <MobileOutlined />,
  other: <MessageOutlined />,
};

export function ServiceIcon({ service, size = 22 }: { service: ServiceName; size?: number }) {
  return (
    <span aria-hidden style={{ fontSize: size, lineHeight: 1, color: "var(--ant-color-primary)" }}>
      {ICONS[service]}
    </span>
  );
}
