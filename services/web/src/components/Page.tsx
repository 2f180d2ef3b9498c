// The frame of one page: its title (also the document's), what one can do, and room for notes.
import { Space, Typography } from "antd";
import { type ReactNode, useEffect } from "react";
import { SHELL } from "@/app/shell-texts";
import { useTexts } from "@/app/texts";

export interface PageProps {
  title: string;
  /** Tags and the like beside the title. */
  aside?: ReactNode;
  /** One sentence under the title. */
  lead?: ReactNode;
  actions?: ReactNode;
  /** Above the title: where one comes from, as links. */
  trail?: ReactNode;
  children: ReactNode;
}

export function Page({ title, aside, lead, actions, trail, children }: PageProps) {
  const t = useTexts(SHELL);
  useEffect(() => {
    document.title = `${title} · ${t("product")}`;
  }, [title, t]);
  return (
    <div style={{ maxWidth: 1600, margin: "0 auto" }}>
      {trail ? <div style={{ marginBlockEnd: 4, color: "var(--ant-color-text-description)" }}>{trail}</div> : null}
      <header style={{ display: "flex", flexWrap: "wrap", gap: 12, alignItems: "flex-start", marginBlockEnd: 16 }}>
        <div style={{ flex: "1 1 320px", minWidth: 0 }}>
          <Space wrap size={8} align="center">
            <Typography.Title level={1} className="break" style={{ fontSize: 22, margin: 0, lineHeight: 1.35 }}>
              {title}
            </Typography.Title>
            {aside}
          </Space>
          {lead ? <div style={{ marginBlockStart: 4, color: "var(--ant-color-text-description)" }}>{lead}</div> : null}
        </div>
        {actions ? <Space wrap>{actions}</Space> : null}
      </header>
      {children}
    </div>
  );
}
