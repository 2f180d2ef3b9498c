// Nobody loses what they typed by a click: leaving for another page asks, and so does closing the tab.
import { Modal } from "antd";
import { useEffect } from "react";
import { useBlocker } from "react-router";
import { useTexts } from "@/app/texts";
import { WORDS } from "./texts";

/** `done` is asked at the moment of leaving: it turns true in the very step that saves and goes. */
export function LeaveGuard({ dirty, done, onLeave }: { dirty: boolean; done?: () => boolean; onLeave?: () => void }) {
  const t = useTexts(WORDS);
  const blocker = useBlocker(({ currentLocation, nextLocation }) => dirty && !done?.() && currentLocation.pathname !== nextLocation.pathname);
  useEffect(() => {
    if (!dirty) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [dirty]);
  if (blocker.state !== "blocked") return null;
  return (
    <Modal
      open
      title={t("leave.title")}
      okText={t("leave.yes")}
      okButtonProps={{ danger: true }}
      cancelText={t("leave.no")}
      onCancel={() => blocker.reset()}
      onOk={() => {
        onLeave?.();
        blocker.proceed();
      }}
    >
      {t("leave.text")}
    </Modal>
  );
}
