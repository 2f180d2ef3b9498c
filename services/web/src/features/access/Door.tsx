// The frame of what is seen before somebody is logged in: one card in the middle, language and theme above it.
import { BulbOutlined, GlobalOutlined } from "@ant-design/icons";
import { Button, Card, Typography } from "antd";
import { type ReactNode, useEffect } from "react";
import { usePreferences } from "@/app/preferences";
import { SHELL } from "@/app/shell-texts";
import { useTexts } from "@/app/texts";

export function Door({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  const t = useTexts(SHELL);
  const { language, setLanguage, dark, setTheme } = usePreferences();
  useEffect(() => {
    document.title = `${title} · ${t("product")}`;
  }, [title, t]);
  return (
    <div style={{ minHeight: "100vh", display: "flex", flexDirection: "column", background: "var(--ant-color-bg-layout)" }}>
      <header style={{ display: "flex", justifyContent: "flex-end", gap: 4, padding: 12 }}>
        <Button type="text" icon={<GlobalOutlined />} onClick={() => setLanguage(language === "en" ? "zh-TW" : "en")}>
          {language === "en" ? "繁體中文" : "English"}
        </Button>
        <Button type="text" icon={<BulbOutlined />} aria-label={dark ? t("palette.light") : t("palette.dark")} onClick={() => setTheme(dark ? "light" : "dark")} />
      </header>
      <main style={{ flex: 1, display: "flex", justifyContent: "center", alignItems: "flex-start", padding: "4vh 16px 48px" }}>
        <div style={{ width: "100%", maxWidth: 420 }}>
          <div style={{ display: "flex", alignItems: "center", justifyContent: "center", gap: 10, marginBlockEnd: 20, fontSize: 16, fontWeight: 600, color: "var(--ant-color-text)" }}>
            <img src="/favicon.svg" alt="" width={32} height={32} />
            {t("product")}
          </div>
          <Card styles={{ body: { padding: 24 } }}>
            <Typography.Title level={1} style={{ fontSize: 20, margin: 0 }}>
              {title}
            </Typography.Title>
            {lead ? <div style={{ marginBlock: "6px 0", color: "var(--ant-color-text-description)" }}>{lead}</div> : null}
            <div style={{ marginBlockStart: 20 }}>{children}</div>
          </Card>
        </div>
      </main>
    </div>
  );
}
