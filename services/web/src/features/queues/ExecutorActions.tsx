// Drain an executor, told what that does, and let it take runs again.
import { CoffeeOutlined, PlayCircleOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, Modal } from "antd";
import { useState } from "react";
import { api, ask, newIdempotencyKey } from "@/api/client";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { Failure, sentenceOf } from "@/components/Failure";
import { focusOnceShown } from "@/components/focusOnceShown";
import { WORDS } from "@/components/texts";
import { type Executor, queuesLeftAlone } from "./executors";
import { useRefresh } from "./queueApi";
import { EXECUTORS } from "./texts";
import { useUndo } from "./useUndo";

const at = (id: string) => ({ params: { path: { executor_id: id }, header: { "Idempotency-Key": newIdempotencyKey() } } });
const drain = (id: string, reason: string | null) => ask(api.PUT("/api/v1/group-ai/executors/{executor_id}/drain", { ...at(id), body: { reason } }));
const resume = (id: string) => ask(api.PUT("/api/v1/group-ai/executors/{executor_id}/resume", at(id)));

export function ExecutorActions({ executor, all, size = "small" }: { executor: Executor; all: readonly Executor[]; size?: "small" | "middle" }) {
  const t = useTexts(EXECUTORS);
  const word = useTexts(WORDS);
  const { can } = useSession();
  const { message } = App.useApp();
  const refresh = useRefresh();
  const undo = useUndo();
  const [open, setOpen] = useState(false);
  if (!can("queues:write")) return null;
  const id = executor.executor_id;
  const name = executor.instance;
  const resumeIt = async () => {
    try {
      await resume(id);
      await refresh();
      undo(t("done.resume", { name }), async () => {
        await drain(id, executor.drain?.reason ?? null);
        await refresh();
      });
    } catch (error) {
      void message.error(sentenceOf(error, word("failure.title")));
    }
  };
  if (executor.drain) return <Button size={size} type="primary" icon={<PlayCircleOutlined />} aria-label={`${t("resume")} ${name}`} onClick={() => void resumeIt()}>{t("resume")}</Button>;
  return (
    <>
      <Button size={size} icon={<CoffeeOutlined />} disabled={executor.state !== "active"} aria-label={`${t("drain")} ${name}`} onClick={() => setOpen(true)}>{t("drain")}</Button>
      {open ? (
        <DrainModal
          executor={executor}
          alone={queuesLeftAlone(all, id)}
          onClose={() => setOpen(false)}
          act={async (reason) => {
            await drain(id, reason);
            await refresh();
            undo(t("done.drain", { name }), async () => {
              await resume(id);
              await refresh();
            });
          }}
        />
      ) : null}
    </>
  );
}

function DrainModal({ executor, alone, onClose, act }: { executor: Executor; alone: string[]; onClose: () => void; act: (reason: string | null) => Promise<void> }) {
  const t = useTexts(EXECUTORS);
  const word = useTexts(WORDS);
  const [reason, setReason] = useState("");
  const doing = useMutation({ mutationFn: () => act(reason.trim() || null), onSuccess: onClose });
  return (
    <Modal open title={t("drain.title", { name: executor.instance })} onCancel={onClose} cancelText={word("cancel")} okText={t("drain")} okButtonProps={{ danger: true, loading: doing.isPending }} onOk={() => doing.mutate()}>
      <p style={{ marginBlockStart: 0 }}>{t("drain.effect", { running: executor.running })} {t("drain.last")}</p>
      {alone.length > 0 ? <Alert type="warning" showIcon title={t("drain.none", { queues: alone.join(", ") })} style={{ marginBlockEnd: 12 }} /> : null}
      <Form layout="vertical" onFinish={() => doing.mutate()}>
        <Form.Item label={`${t("reason")} (${word("optional")})`} htmlFor="drain-reason">
          <Input id="drain-reason" ref={focusOnceShown} value={reason} maxLength={500} placeholder={t("reason.hint")} onChange={(event) => setReason(event.target.value)} />
        </Form.Item>
      </Form>
      <Failure error={doing.error} />
    </Modal>
  );
}
