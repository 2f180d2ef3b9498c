// Requeue or discard runs: rehearsed first, so that one sees how many are hit and which stay as they are.
import { useQueryClient } from "@tanstack/react-query";
import { Alert, App, Modal } from "antd";
import { useState } from "react";
import { useTexts } from "@/app/texts";
import { CodeEditor } from "@/components/CodeEditor";
import { DryRunModal } from "@/components/DryRunModal";
import { Json } from "@/components/Json";
import { WORDS } from "@/components/texts";
import { type DeadRun, type Decided, discardMany, requeueMany } from "./deadApi";
import { byTask, readParams } from "./params";
import { DEAD } from "./texts";

/** `edit` requeues with other parameters. */
export type Decision = "requeue" | "edit" | "discard";

interface DecideModalProps {
  decision: Decision;
  ids: string[];
  /** Rows of the list, for the names of tasks. */
  known: readonly DeadRun[];
  onClose: () => void;
  onDone: () => void;
  /** What the editor begins with. */
  start?: Record<string, unknown>;
}

/** Render it only while it is open. */
export function DecideModal({ decision, ids, known, onClose, onDone, start }: DecideModalProps) {
  const t = useTexts(DEAD);
  const client = useQueryClient();
  const { message } = App.useApp();
  const [params, setParams] = useState<Record<string, unknown> | null>(null);
  if (decision === "edit" && params === null) return <ParamsModal start={start ?? {}} onClose={onClose} onRead={setParams} count={ids.length} />;

  const discards = decision === "discard";
  const decide = (rehearse: boolean) => (discards ? discardMany(ids, rehearse) : requeueMany(ids, params, rehearse));
  return (
    <DryRunModal<Decided>
      title={t(discards ? "discard.title" : "requeue.title", { count: ids.length })}
      confirm={t(discards ? "discard" : "requeue")}
      danger={discards}
      onClose={onClose}
      rehearse={() => decide(true)}
      show={(plan) => <Plan plan={plan} asked={ids} known={known} decision={decision} params={params} />}
      act={async () => {
        const done = await decide(false);
        void message.success(t(discards ? "done.discarded" : "done.requeued", { count: done.items.length }));
        onDone();
        await Promise.all([client.invalidateQueries({ queryKey: ["dead-runs"] }), client.invalidateQueries({ queryKey: ["dashboard"] })]);
      }}
    />
  );
}

function Plan({ plan, asked, known, decision, params }: { plan: Decided; asked: string[]; known: readonly DeadRun[]; decision: Decision; params: Record<string, unknown> | null }) {
  const t = useTexts(DEAD);
  const count = plan.items.length;
  const hit = new Set(plan.items.map((each) => each.run_id));
  const tasks = byTask(known.filter((run) => hit.has(run.run_id)));
  const text = decision === "discard" ? "discard.plan" : params ? "requeue.plan.params" : "requeue.plan";
  return (
    <>
      <p style={{ marginBlockStart: 0 }}>{count === 0 ? t("plan.none") : t(text, { count })}</p>
      {params ? <Json value={params} maxHeight={160} /> : null}
      {asked.length > count ? <Alert type="info" showIcon title={t("plan.left", { count: asked.length - count })} style={{ marginBlock: 8 }} /> : null}
      {tasks.length > 0 ? (
        <>
          <h3 style={{ fontSize: 14, marginBlock: "12px 4px" }}>{t("plan.tasks")}</h3>
          <ul style={{ margin: 0, paddingInlineStart: 18, maxHeight: 200, overflowY: "auto" }}>
            {tasks.map((task) => <li key={task.id} className="break">{task.name ?? t("task.gone")} <span className="tabular">× {task.count}</span></li>)}
          </ul>
        </>
      ) : null}
    </>
  );
}

function ParamsModal({ start, onClose, onRead, count }: { start: Record<string, unknown>; onClose: () => void; onRead: (params: Record<string, unknown>) => void; count: number }) {
  const t = useTexts(DEAD);
  const word = useTexts(WORDS);
  const [text, setText] = useState(() => JSON.stringify(start, null, 2));
  const read = readParams(text);
  return (
    <Modal open title={t("requeue.title", { count })} width={640} onCancel={onClose} cancelText={word("cancel")} okText={t("params.check")} okButtonProps={{ disabled: read === null }} onOk={() => read && onRead(read)}>
      <p style={{ marginBlockStart: 0 }}>{t("params.hint")}</p>
      <CodeEditor language="json" value={text} onChange={setText} label={t("params")} height="260px" />
      <div role="status" style={{ minHeight: 24, color: "var(--ant-color-error-text)" }}>{read === null ? t("params.invalid") : ""}</div>
    </Modal>
  );
}
