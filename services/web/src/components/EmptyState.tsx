// An empty list teaches: one sentence, the button, and the line to copy into a terminal.
import { Card, Space, Typography } from "antd";
import type { ReactNode } from "react";
import { useTexts } from "@/app/texts";
import { Command } from "./Command";
import { WORDS } from "./texts";

export function EmptyState({ icon, title, text, actions, command }: { icon?: ReactNode; title: string; text: string; actions?: ReactNode; command?: string }) {
  const t = useTexts(WORDS);
  return (
    <Card style={{ textAlign: "center" }} styles={{ body: { padding: "40px 20px" } }}>
      {icon ? <div style={{ fontSize: 36, opacity: 0.55 }} aria-hidden>{icon}</div> : null}
      <Typography.Title level={2} style={{ fontSize: 18, marginBlock: "8px 4px" }}>{title}</Typography.Title>
      <Typography.Paragraph style={{ maxWidth: 560, margin: "0 auto 16px", color: "var(--ant-color-text-description)" }}>{text}</Typography.Paragraph>
      {actions ? <Space wrap style={{ justifyContent: "center" }}>{actions}</Space> : null}
      {command ? (
        <div style={{ maxWidth: 640, margin: "20px auto 0", textAlign: "start" }}>
          <div style={{ marginBlockEnd: 4, color: "var(--ant-color-text-description)" }}>{t("command.hint")}</div>
          <Command text={command} />
        </div>
      ) : null}
    </Card>
  );
}
