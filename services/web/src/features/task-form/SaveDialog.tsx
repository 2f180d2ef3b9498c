// What this change does, and the last button before it is done.
import { useMutation } from "@tanstack/react-query";
import { Button, Modal } from "antd";
import { useState } from "react";
import { useShortcut } from "@/app/shortcuts";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { focusOnceShown } from "@/components/focusOnceShown";
import type { Draft, Task } from "./fields";
import { type Plan, PlanView } from "./PlanView";
import { REVIEW } from "./review-texts";
import { newIdempotencyKey, save, type Target } from "./saving";

export interface SaveDialogProps {
  target: Target;
  draft: Draft;
  plan: Plan;
  onClose: () => void;
  onSaved: (task: Task) => void;
  /** Refused: the form shows why. */
  onRefused: (error: unknown) => boolean;
}

export function SaveDialog({ target, draft, plan, onClose, onSaved, onRefused }: SaveDialogProps) {
  const t = useTexts(REVIEW);
  const [key] = useState(newIdempotencyKey);
  const saving = useMutation({
    mutationFn: () => save(target, draft, key),
    onSuccess: onSaved,
    onError: (error) => {
      if (onRefused(error)) onClose();
    },
  });
  const isNew = target.taskId === null;
  const act = () => {
    if (!saving.isPending) saving.mutate();
  };
  useShortcut("mod+s", t(isNew ? "plan.create" : "plan.save"), act, { whileTyping: true, inDialogs: true });
  return (
    <Modal
      open
      title={t(isNew ? "plan.title.new" : "plan.title.edit")}
      width={760}
      onCancel={onClose}
      cancelText={t("plan.back")}
      footer={(_, { CancelBtn }) => (
        <>
          <CancelBtn />
          <Button ref={focusOnceShown} type="primary" loading={saving.isPending} onClick={act}>
            {t(isNew ? "plan.create" : "plan.save")}
          </Button>
        </>
      )}
      styles={{ body: { maxHeight: "min(64vh, 640px)", overflowY: "auto" } }}
    >
      <PlanView plan={plan} base={isNew ? null : target.base} />
      <Failure error={saving.error} />
    </Modal>
  );
}
