// A link for a password, shown this once.
import { Alert, Button, Modal } from "antd";
import { useTexts } from "@/app/texts";
import { CopyButton } from "@/components/Command";
import { When } from "@/components/Time";
import { USERS } from "./texts-users";

export interface Link {
  /** As the API answered it: perhaps without scheme and host. */
  link: string;
  until: string;
  name: string;
}

export function LinkModal({ link, onClose }: { link: Link; onClose: () => void }) {
  const t = useTexts(USERS);
  const whole = new URL(link.link, window.location.origin).href;
  return (
    <Modal
      open
      title={t("link.title", { name: link.name })}
      onCancel={onClose}
      // A click beside it must not lose what is shown only once.
      mask={{ closable: false }}
      footer={
        <Button type="primary" onClick={onClose}>
          {t("link.done")}
        </Button>
      }
    >
      <Alert type="warning" showIcon title={t("link.text")} style={{ marginBlockEnd: 12 }} />
      <code className="mono break" data-testid="link" style={{ display: "block", padding: 12, borderRadius: 8, background: "var(--ant-color-fill-quaternary)" }}>
        {whole}
      </code>
      <div style={{ display: "flex", flexWrap: "wrap", gap: 8, alignItems: "center", justifyContent: "space-between", marginBlockStart: 12 }}>
        <CopyButton text={whole} label={t("link.copy")} />
        <span style={{ color: "var(--ant-color-text-description)" }}>
          {t("link.until")} <When at={link.until} as="exact" />
        </span>
      </div>
    </Modal>
  );
}
