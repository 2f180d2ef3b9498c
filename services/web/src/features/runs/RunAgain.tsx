// A run once more with other parameters, in the form of its action; the task stays as it is.
import { Button, Drawer, Skeleton, Space } from "antd";
import { lazy, Suspense, useState } from "react";
import { ApiProblem } from "@/api/problem";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { WORDS } from "@/components/texts";
import { useParamsOf } from "./parts";
import { useRetry } from "./RunActions";
import type { Run } from "./RunPage";
import { RUN } from "./run-texts";

const ActionForm = lazy(() => import("@/features/action-form/ActionForm").then((module) => ({ default: module.ActionForm })));

export function RunAgain({ run, onClose }: { run: Run; onClose: () => void }) {
  const t = useTexts(RUN);
  const w = useTexts(WORDS);
  const given = useParamsOf(run);
  const retry = useRetry(run.run_id);
  const [changed, setChanged] = useState<Record<string, unknown> | null>(null);
  const value = changed ?? given.data ?? null;
  const problems = retry.error instanceof ApiProblem ? retry.error.errors.map((each) => ({ ...each, pointer: each.pointer.replace(/^\/params/, "") })) : [];
  return (
    <Drawer
      open
      size={Math.min(640, window.innerWidth)}
      title={t("again.title")}
      onClose={onClose}
      extra={
        <Space>
          <Button onClick={onClose}>{w("cancel")}</Button>
          <Button type="primary" disabled={!value} loading={retry.isPending} onClick={() => value && retry.mutate(value, { onSuccess: onClose })}>{t("again.run")}</Button>
        </Space>
      }
    >
      <p style={{ marginBlockStart: 0 }}>{t("again.lead")}</p>
      <Failure error={given.error} />
      <Failure error={retry.error} />
      {value && run.task_action ? (
        <Suspense fallback={<Skeleton active paragraph={{ rows: 6 }} />}>
          <ActionForm action={run.task_action} value={value} onChange={setChanged} problems={problems} />
        </Suspense>
      ) : given.isPending ? <Skeleton active paragraph={{ rows: 6 }} /> : null}
    </Drawer>
  );
}
