// Why something is paused, and until when. Says what it does before it is done.
import { useMutation } from "@tanstack/react-query";
import { Form, Input, Modal } from "antd";
import { useState } from "react";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { focusOnceShown } from "@/components/focusOnceShown";
import { WORDS } from "@/components/texts";
import type { PauseWish } from "./queueApi";
import { QUEUES } from "./texts";
import { instantOf, type Until } from "./until";
import { UntilField } from "./UntilField";

/** Render it only while it is open. */
export function PauseModal({ title, effect, confirm, onClose, act }: { title: string; effect: string; confirm: string; onClose: () => void; act: (wish: PauseWish) => Promise<unknown> }) {
  const t = useTexts(QUEUES);
  const word = useTexts(WORDS);
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState<Until>({ choice: "open", at: null });
  const end = instantOf(until, new Date());
  const doing = useMutation({ mutationFn: (wish: PauseWish) => act(wish), onSuccess: onClose });
  const send = () => {
    const at = instantOf(until, new Date());
    if (at !== undefined) doing.mutate({ reason: reason.trim() || null, until: at });
  };
  return (
    <Modal open title={title} onCancel={onClose} cancelText={word("cancel")} okText={confirm} okButtonProps={{ danger: true, loading: doing.isPending, disabled: end === undefined }} onOk={send}>
      <p style={{ marginBlockStart: 0 }}>{effect}</p>
      <Form layout="vertical" onFinish={send}>
        <Form.Item label={`${t("reason")} (${word("optional")})`} htmlFor="pause-reason">
          <Input id="pause-reason" ref={focusOnceShown} value={reason} maxLength={500} placeholder={t("reason.hint")} onChange={(event) => setReason(event.target.value)} />
        </Form.Item>
        <Form.Item label={t("until")} htmlFor="pause-until">
          <UntilField id="pause-until" value={until} onChange={setUntil} mayBeOpen />
        </Form.Item>
      </Form>
      <Failure error={doing.error} />
    </Modal>
  );
}
