// The state of a backup: icon, word and colour.
import { CheckCircleFilled, CloseCircleFilled, DeleteOutlined, LockOutlined, QuestionCircleOutlined, SyncOutlined } from "@ant-design/icons";
import { Space, Tag, Tooltip } from "antd";
import type { ReactNode } from "react";
import type { Schema } from "@/api/client";
import { useTexts } from "@/app/texts";
import { BACKUPS } from "./texts";

export type Backup = Schema<"Backup">;

const LOOKS: Record<Backup["state"], { icon: ReactNode; color: string }> = {
  running: { icon: <SyncOutlined spin />, color: "processing" },
  unverified: { icon: <QuestionCircleOutlined />, color: "warning" },
  verified: { icon: <CheckCircleFilled />, color: "success" },
  failed: { icon: <CloseCircleFilled />, color: "error" },
  pruned: { icon: <DeleteOutlined />, color: "default" },
};

export function BackupState({ backup }: { backup: Pick<Backup, "state" | "verified_level" | "key_id"> }) {
  const t = useTexts(BACKUPS);
  const look = LOOKS[backup.state];
  const level = backup.state === "verified" ? backup.verified_level : null;
  return (
    <Space size={4} wrap>
      <Tooltip title={level ? t(`level.${level}`) : ""}>
        <Tag icon={look.icon} color={look.color} style={{ marginInlineEnd: 0 }}>
          {t(`state.${backup.state}`)}
          {level ? ` · ${t(`level.short.${level}`)}` : ""}
        </Tag>
      </Tooltip>
      {backup.key_id ? (
        <Tag icon={<LockOutlined />} style={{ marginInlineEnd: 0 }}>
          {t("encrypted")}
        </Tag>
      ) : null}
    </Space>
  );
}

/** What a restore drill or a removal needs: the file is there. */
export function hasFile(backup: Pick<Backup, "state">): boolean {
  return backup.state === "unverified" || backup.state === "verified";
}
