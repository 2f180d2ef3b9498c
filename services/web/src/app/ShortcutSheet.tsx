// The sheet that `?` opens: every key that does something here and now.
import { Modal } from "antd";
import { SHELL } from "./shell-texts";
import { useListedShortcuts } from "./shortcuts";
import { useTexts } from "./texts";

export function ShortcutSheet({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useTexts(SHELL);
  const shortcuts = useListedShortcuts();
  return (
    <Modal open={open} onCancel={onClose} footer={null} title={t("sheet.title")} width={640}>
      <p style={{ color: "var(--ant-color-text-description)" }}>{t("sheet.note")}</p>
      <dl style={{ display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(260px, 1fr))", gap: "6px 24px", margin: 0 }}>
        {shortcuts.map((each) => (
          <div key={each.keys} style={{ display: "flex", gap: 12, alignItems: "baseline" }}>
            <dt style={{ minWidth: 72 }}>
              <Keys keys={each.keys} />
            </dt>
            <dd style={{ margin: 0 }}>{each.label}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}

const NAMES: Record<string, string> = { mod: "Ctrl", shift: "Shift", enter: "Enter", escape: "Esc", up: "↑", down: "↓", left: "←", right: "→" };

export function Keys({ keys }: { keys: string }) {
  return keys.split(/[ +]/).map((key, index) => (
    <kbd key={index} style={{ marginInlineEnd: 4, padding: "1px 6px", border: "1px solid var(--ant-color-border)", borderRadius: 4, fontSize: 12 }}>
      {NAMES[key] ?? key}
    </kbd>
  ));
}
