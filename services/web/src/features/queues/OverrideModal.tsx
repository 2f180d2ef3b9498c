// Another limit for a while: it ends by itself.
import { useMutation } from "@tanstack/react-query";
import { Form, Input, InputNumber, Modal } from "antd";
import { useState } from "react";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { focusOnceShown } from "@/components/focusOnceShown";
import { WORDS } from "@/components/texts";
import { putOverride, type Queue, useRefresh } from "./queueApi";
import { QUEUES } from "./texts";
import { instantOf, type Until } from "./until";
import { UntilField } from "./UntilField";

/** Render it only while it is open. */
export function OverrideModal({ queue, onClose }: { queue: Queue; onClose: () => void }) {
  const t = useTexts(QUEUES);
  const word = useTexts(WORDS);
  const refresh = useRefresh();
  const [concurrency, setConcurrency] = useState<number | null>(queue.override?.concurrency ?? queue.concurrency);
  const [reason, setReason] = useState(queue.override?.reason ?? "");
  const [until, setUntil] = useState<Until>({ choice: "60", at: null });
  const doing = useMutation({
    mutationFn: (end: string) => putOverride(queue.name, { concurrency, until: end, reason: reason.trim() || null }),
    onSuccess: async () => {
      await refresh();
      onClose();
    },
  });
  const send = () => {
    const end = instantOf(until, new Date());
    if (end) doing.mutate(end);
  };
  const own = queue.concurrency === null ? t("override.own.none") : String(queue.concurrency);
  return (
    <Modal open title={t("override.title", { name: queue.name })} onCancel={onClose} cancelText={word("cancel")} okText={word("save")} okButtonProps={{ loading: doing.isPending, disabled: !instantOf(until, new Date()) }} onOk={send}>
      <p style={{ marginBlockStart: 0 }}>{t("override.effect", { own })}</p>
      <Form layout="vertical" onFinish={send}>
        <Form.Item label={t("override.concurrency")} htmlFor="override-concurrency" extra={t("edit.concurrency.hint")}>
          <InputNumber id="override-concurrency" ref={focusOnceShown} min={1} max={100_000} precision={0} value={concurrency} onChange={setConcurrency} style={{ width: 160 }} />
        </Form.Item>
        <Form.Item label={t("until")} htmlFor="override-until">
          <UntilField id="override-until" value={until} onChange={setUntil} mayBeOpen={false} />
        </Form.Item>
        <Form.Item label={`${t("reason")} (${word("optional")})`} htmlFor="override-reason">
          <Input id="override-reason" value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />
        </Form.Item>
      </Form>
      <Failure error={doing.error} />
    </Modal>
  );
}
