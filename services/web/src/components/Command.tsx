// A line to copy: commands, links, identifiers, secrets that are shown once.
import { CheckOutlined, CopyOutlined } from "@ant-design/icons";
import { App, Button } from "antd";
import { useState } from "react";
import { useTexts } from "@/app/texts";
import { WORDS } from "./texts";

export function Command({ text }: { text: string }) {
  return (
    <div style={{ display: "flex", gap: 8, alignItems: "flex-start", padding: "8px 12px", borderRadius: 8, background: "var(--ant-color-fill-quaternary)" }}>
      <code className="pre mono" style={{ flex: 1, minWidth: 0 }}>{text}</code>
      <CopyButton text={text} />
    </div>
  );
}

export function CopyButton({ text, label }: { text: string; label?: string }) {
  const t = useTexts(WORDS);
  const [done, setDone] = useState(false);
  const write = useCopy();
  const copy = async () => {
    if (!(await write(text))) return;
    setDone(true);
    setTimeout(() => setDone(false), 1_500);
  };
  return (
    <Button size="small" type={label ? "default" : "text"} icon={done ? <CheckOutlined /> : <CopyOutlined />} aria-label={label ?? t("copy")} onClick={() => void copy()}>
      {label ? (done ? t("copied") : label) : null}
      <span className="visually-hidden" role="status">{done ? t("copied") : ""}</span>
    </Button>
  );
}

/** Copies a text, and says `told` once it is there. Browsers refuse it to pages that come over plain HTTP: that is told, too. */
export function useCopy(): (text: string, told?: string) => Promise<boolean> {
  const t = useTexts(WORDS);
  const { message } = App.useApp();
  return async (text, told) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      void message.error(t("copy.refused"));
      return false;
    }
    if (told) void message.success(told);
    return true;
  };
}
