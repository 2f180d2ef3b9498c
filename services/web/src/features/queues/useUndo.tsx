// A toast that says what was done and takes it back.
import { App, Button } from "antd";
import { useCallback } from "react";
import { useTexts } from "@/app/texts";
import { sentenceOf } from "@/components/Failure";
import { WORDS } from "@/components/texts";

const SECONDS = 8;

export function useUndo() {
  const { notification, message } = App.useApp();
  const t = useTexts(WORDS);
  return useCallback(
    (title: string, undo: (() => Promise<unknown>) | null) => {
      const key = `${title}-${Date.now()}`;
      const back = () => {
        notification.destroy(key);
        undo?.().catch((error: unknown) => void message.error(sentenceOf(error, t("failure.title"))));
      };
      notification.success({ key, title, duration: SECONDS, role: "status", actions: undo ? <Button size="small" onClick={back}>{t("undo")}</Button> : undefined });
    },
    [notification, message, t],
  );
}
