// What can be done to the selected runs: cancel those that live, run again those that ended. What will be hit is said
// before, what came of it after.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Card, Space } from "antd";
import { api, ask, newIdempotencyKey, type Schema } from "@/api/client";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { sentenceOf } from "@/components/Failure";
import { WORDS } from "@/components/texts";
import { isLive } from "./query";
import { RUNS } from "./texts";

type Run = Schema<"ListedRun">;

export function BulkBar({ runs, onDone }: { runs: Run[]; onDone: () => void }) {
  const t = useTexts(RUNS);
  const w = useTexts(WORDS);
  const { can } = useSession();
  const { message, modal } = App.useApp();
  const client = useQueryClient();
  const living = runs.filter((run) => isLive(run.status));
  const over = runs.filter((run) => !isLive(run.status));
  const counts = { live: living.length, over: over.length };
  const finish = (text: string) => {
    void message.info(text, 6);
    void client.invalidateQueries({ queryKey: ["runs"] });
    onDone();
  };
  const fail = (error: unknown) => void message.error(sentenceOf(error, w("failure.away")));
  const cancel = useMutation({
    mutationFn: () => ask(api.POST("/api/v1/group-ai/automation-runs/cancel", { body: { run_ids: living.map((run) => run.run_id), task_id: null, queue: null, reason: null, waiting_only: false } })),
    onSuccess: ({ items }) => {
      const count = (...states: string[]) => items.filter((item) => states.includes(item.state)).length;
      finish(t("bulk.cancelled", { done: count("cancelled"), stopping: count("cancelling", "running"), over: count("ended", "unknown") }));
    },
    onError: fail,
  });
  const retry = useMutation({
    mutationFn: async () => {
      const results = [];
      // One after the other: a selection is small, and each is refused or taken for itself.
      for (const run of over) {
        const header = { "Idempotency-Key": newIdempotencyKey() };
        results.push(await api.POST("/api/v1/group-ai/automation-runs/{run_id}/retry", { params: { path: { run_id: run.run_id }, header } }).then(() => true, () => false));
      }
      return results;
    },
    onSuccess: (results) => finish(t("bulk.retried", { done: results.filter(Boolean).length, failed: results.filter((each) => !each).length })),
    onError: fail,
  });
  const confirm = (what: "cancel" | "retry", act: () => Promise<unknown>) =>
    void modal.confirm({ title: t(`bulk.${what}.title`), content: t(`bulk.${what}.text`, counts), okText: t(`bulk.${what}`), cancelText: w("cancel"), okButtonProps: { danger: what === "cancel" }, onOk: () => act().catch(() => undefined) });
  const mayRun = can("tasks:run");
  return (
    <Card size="small" style={{ marginBlockEnd: 12, position: "sticky", top: 0, zIndex: 5 }}>
      <Space wrap role="toolbar" aria-label={t("selected", { count: runs.length })}>
        <strong>{t("selected", { count: runs.length })}</strong>
        <Button danger disabled={!mayRun || living.length === 0} loading={cancel.isPending} onClick={() => confirm("cancel", () => cancel.mutateAsync())}>{t("bulk.cancel")} ({living.length})</Button>
        <Button disabled={!mayRun || over.length === 0} loading={retry.isPending} onClick={() => confirm("retry", () => retry.mutateAsync())}>{t("bulk.retry")} ({over.length})</Button>
        <Button type="text" onClick={onDone}>{t("bulk.clear")}</Button>
      </Space>
    </Card>
  );
}
