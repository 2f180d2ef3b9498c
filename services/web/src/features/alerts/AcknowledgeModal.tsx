// Somebody takes care of alerts: one comment for all of them, and what came of each.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Form, Input, Modal } from "antd";
import { useState } from "react";
import { api, ask } from "@/api/client";
import { useTexts } from "@/app/texts";
import { Failure, sentenceOf } from "@/components/Failure";
import { WORDS } from "@/components/texts";
import { type Alert, headline } from "./marks";
import { ALERTS } from "./texts";

/** Render it only while it is open. */
export function AcknowledgeModal({ alerts, onClose }: { alerts: Pick<Alert, "id" | "annotations" | "rule" | "acknowledged_comment">[]; onClose: () => void }) {
  const t = useTexts(ALERTS);
  const w = useTexts(WORDS);
  const { message } = App.useApp();
  const client = useQueryClient();
  const [comment, setComment] = useState(alerts.length === 1 ? (alerts[0]?.acknowledged_comment ?? "") : "");
  const [refused, setRefused] = useState<{ name: string; why: string }[]>([]);
  const doing = useMutation({
    mutationFn: async () => {
      const failed: { name: string; why: string }[] = [];
      for (const alert of alerts) {
        try {
          await ask(api.POST("/api/v1/group-ai/alerts/{alert_id}/acknowledge", { params: { path: { alert_id: alert.id } }, body: { comment: comment.trim() } }));
        } catch (error) {
          if (alerts.length === 1) throw error;
          failed.push({ name: headline(alert), why: sentenceOf(error, w("failure.title")) });
        }
      }
      return failed;
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["alerts"] }),
    onSuccess: (failed) => {
      if (alerts.length > failed.length) void message.success(t("ack.done", { count: alerts.length - failed.length }));
      if (failed.length === 0) onClose();
      setRefused(failed);
    },
  });
  return (
    <Modal
      open
      title={t("ack.title", { count: alerts.length })}
      okText={t("ack")}
      cancelText={w("cancel")}
      okButtonProps={{ loading: doing.isPending }}
      onOk={() => doing.mutate()}
      onCancel={onClose}
    >
      <p style={{ color: "var(--ant-color-text-description)" }}>{t("ack.text")}</p>
      <Form layout="vertical" name="acknowledge">
        <Form.Item label={t("ack.comment")} htmlFor="acknowledge-comment">
          <Input.TextArea id="acknowledge-comment" rows={3} maxLength={500} showCount value={comment} placeholder={t("ack.example")} onChange={(event) => setComment(event.target.value)} />
        </Form.Item>
      </Form>
      <Failure error={doing.error} />
      {refused.length > 0 ? (
        <div role="alert">
          {t("ack.failed", { count: refused.length })}
          <ul>
            {refused.map((each, index) => (
              <li key={index} className="break">
                {each.name}: {each.why}
              </li>
            ))}
          </ul>
        </div>
      ) : null}
    </Modal>
  );
}
