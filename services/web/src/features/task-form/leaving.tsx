// Nobody loses what they typed by a click: leaving asks, and a reload brings it back.
import { Modal } from "antd";
import { useEffect } from "react";
import { useBlocker } from "react-router";
import { useTexts } from "@/app/texts";
import { type Draft } from "./fields";
import { dropDraft, keepDraft } from "./drafts";
import { FORM } from "./texts";

export function useKeptDraft(key: string, dirty: boolean, draft: Draft, base: Draft, version: number | null): void {
  useEffect(() => {
    if (dirty) keepDraft(key, { draft, base, version });
    else dropDraft(key);
  }, [key, dirty, draft, base, version]);
}

/** `done` is asked at the moment of leaving: it turns true in the very step that saves and goes. */
export function LeaveGuard({ dirty, done, onLeave }: { dirty: boolean; done: () => boolean; onLeave: () => void }) {
  const t = useTexts(FORM);
  const blocker = useBlocker(({ currentLocation, nextLocation }) => dirty && !done() && currentLocation.pathname !== nextLocation.pathname);
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
        onLeave();
        blocker.proceed();
      }}
    >
      {t("leave.text")}
    </Modal>
  );
}
