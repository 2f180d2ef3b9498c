// Asks for the password again when a session ends under somebody's hands; the page behind it stays as it is.
import { useQueryClient } from "@tanstack/react-query";
import { App, Button, Modal } from "antd";
import { SESSION_KEY } from "@/app/session";
import { useTexts } from "@/app/texts";
import { LoginForm } from "./LoginForm";
import { DOOR } from "./texts";

export function LogInAgain({ name }: { name: string }) {
  const t = useTexts(DOOR);
  const client = useQueryClient();
  const { message } = App.useApp();
  const elsewhere = () => {
    const here = window.location;
    // A full load: nothing of the one before may be seen by the next.
    here.assign(`/login?next=${encodeURIComponent(here.pathname + here.search + here.hash)}`);
  };
  return (
    <Modal open title={t("again.title")} footer={null} closable={false} keyboard={false} mask={{ closable: false }} width={420} zIndex={2000}>
      <p style={{ marginBlock: "0 16px" }}>{t("again.text")}</p>
      <LoginForm
        name={name}
        onEntered={async (entered) => {
          client.setQueryData(SESSION_KEY, entered);
          void message.success(t("again.done"));
          await client.invalidateQueries();
        }}
      />
      <p style={{ marginBlock: "16px 0 0" }}>
        <Button type="link" onClick={elsewhere} style={{ paddingInline: 0 }}>
          {t("again.other")}
        </Button>{" "}
        <span style={{ color: "var(--ant-color-text-description)" }}>{t("again.other.warn")}</span>
      </p>
    </Modal>
  );
}
