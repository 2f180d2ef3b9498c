// A state as a dot and a word: the colour is never the only sign, and the word is as readable as any other text.
import type { ReactNode } from "react";

export type Tone = "good" | "warning" | "bad" | "quiet";

const COLORS: Record<Tone, string> = {
  good: "var(--ant-color-success)",
  warning: "var(--ant-color-warning)",
  bad: "var(--ant-color-error)",
  quiet: "var(--ant-color-text-description)",
};

export function Mark({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span style={{ display: "inline-flex", alignItems: "center", gap: 6, whiteSpace: "nowrap" }}>
      <span aria-hidden style={{ width: 8, height: 8, borderRadius: "50%", background: COLORS[tone], flex: "none" }} />
      {children}
    </span>
  );
}
