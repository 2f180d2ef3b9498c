// "What would this do?" before doing it: rehearses when it opens, shows what the API answers, then asks.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Modal, Skeleton } from "antd";
import { type ReactNode, useId } from "react";
import { useTexts } from "@/app/texts";
import { Failure } from "./Failure";
import { WORDS } from "./texts";

export interface DryRunModalProps<Plan> {
  title: string;
  /** The word on the button that does it. */
  confirm: string;
  danger?: boolean;
  onClose: () => void;
  /** Asks the API what would happen (dry_run=true). */
  rehearse: () => Promise<Plan>;
  show: (plan: Plan) => ReactNode;
  act: () => Promise<unknown>;
  width?: number;
}

/** Render it only while it is open. */
export function DryRunModal<Plan>({ title, confirm, danger, onClose, rehearse, show, act, width = 560 }: DryRunModalProps<Plan>) {
  const t = useTexts(WORDS);
  const plan = useQuery({ queryKey: ["dry-run", useId()], queryFn: rehearse, gcTime: 0, staleTime: Infinity, refetchOnWindowFocus: false });
  const doing = useMutation({ mutationFn: act, onSuccess: onClose });
  return (
    <Modal
      open
      title={title}
      width={width}
      onCancel={onClose}
      cancelText={t("cancel")}
      okText={confirm}
      okButtonProps={{ danger: danger ?? false, disabled: !plan.isSuccess, loading: doing.isPending }}
      onOk={() => doing.mutate()}
    >
      {plan.isPending ? <Skeleton active title={false} paragraph={{ rows: 3 }} /> : null}
      <Failure error={plan.error} retry={() => void plan.refetch()} />
      {plan.isSuccess ? show(plan.data) : null}
      <Failure error={doing.error} />
    </Modal>
  );
}
