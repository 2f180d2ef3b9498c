// How a script and a publication stand: icon, word and colour.
import {
  CheckCircleFilled, CheckCircleOutlined, CloseCircleFilled, EditOutlined, EyeOutlined, PauseCircleFilled, RollbackOutlined, StopOutlined,
  SyncOutlined, WarningFilled,
} from "@ant-design/icons";
import { Tag } from "antd";
import type { ReactNode } from "react";
import { useTexts } from "@/app/texts";
import type { Publication, Script } from "./api";
import { PUBLICATION, STATUS } from "./texts";

const STATUSES: Record<Script["status"], { icon: ReactNode; color: string }> = {
  draft: { icon: <EditOutlined />, color: "default" },
  reviewing: { icon: <EyeOutlined />, color: "processing" },
  approved: { icon: <CheckCircleOutlined />, color: "blue" },
  rejected: { icon: <CloseCircleFilled />, color: "error" },
  published: { icon: <CheckCircleFilled />, color: "success" },
  disabled: { icon: <StopOutlined />, color: "default" },
};

export function Status({ name }: { name: Script["status"] }) {
  const t = useTexts(STATUS);
  const { icon, color } = STATUSES[name] ?? STATUSES.draft;
  return <Tag icon={icon} color={color} style={{ marginInlineEnd: 0 }}>{name in STATUS ? t(name) : name}</Tag>;
}

const STATES: Record<Publication["state"], { icon: ReactNode; color: string }> = {
  running: { icon: <SyncOutlined spin />, color: "processing" },
  published: { icon: <CheckCircleFilled />, color: "success" },
  rolling_back: { icon: <RollbackOutlined />, color: "warning" },
  rolled_back: { icon: <RollbackOutlined />, color: "error" },
  paused: { icon: <PauseCircleFilled />, color: "warning" },
  abandoned: { icon: <WarningFilled />, color: "error" },
};

export function PublicationState({ name }: { name: Publication["state"] }) {
  const t = useTexts(PUBLICATION);
  return <Tag icon={STATES[name].icon} color={STATES[name].color} style={{ marginInlineEnd: 0 }}>{t(name)}</Tag>;
}
