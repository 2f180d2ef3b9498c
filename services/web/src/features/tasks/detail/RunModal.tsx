// One run with other parameters than the task's; the task stays as it is.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Modal, Segmented, Select, Skeleton } from "antd";
import { lazy, Suspense, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { api, ask, newIdempotencyKey, type Schema } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { useTexts } from "@/app/texts";
import { CodeEditor } from "@/components/CodeEditor";
import { Failure } from "@/components/Failure";
import { WORDS } from "@/components/texts";
import { readObject, type Task } from "../definition";
import { DETAIL } from "../detailTexts";
import { LIST } from "../texts";
import { Toast } from "../useTaskActions";

const ActionForm = lazy(async () => ({ default: (await import("@/features/action-form/ActionForm")).ActionForm }));
const OVERLAPS = ["skip", "buffer_one", "buffer_all", "cancel_other", "terminate_other", "allow_all"] as const;

export function RunModal({ task, onClose }: { task: Task; onClose: () => void }) {
  const t = useTexts(DETAIL);
  const l = useTexts(LIST);
  const w = useTexts(WORDS);
  const { message } = App.useApp();
  const navigate = useNavigate();
  const client = useQueryClient();
  const key = useRef(newIdempotencyKey());
  const [params, setParams] = useState(task.action_config);
  const [text, setText] = useState<string | null>(null);
  const [overlap, setOverlap] = useState<(typeof OVERLAPS)[number] | "">("");
  const read = text === null ? params : readObject(text);
  const run = useMutation({
    mutationFn: () =>
      ask(
        api.POST("/api/v1/group-ai/automation-tasks/{task_id}/run", {
          params: { path: { task_id: task.id }, header: { "Idempotency-Key": key.current } },
          body: { ...(JSON.stringify(read) === JSON.stringify(task.action_config) ? {} : { params: read }), ...(overlap ? { overlap } : {}) } as Schema<"RunNow">,
        }),
      ),
    onSuccess: (started) => {
      const open = () => void navigate(`/runs/${started.run_id}`);
      void message.success(<Toast text={l("started", { name: task.name })} action={l("started.open")} onAction={open} />, 6);
      void client.invalidateQueries({ queryKey: ["tasks"] });
      onClose();
    },
    // What was refused is mended and sent as another wish.
    onError: () => (key.current = newIdempotencyKey()),
  });
  // The API speaks of `/params`, the form of what is in it.
  const problems = run.error instanceof ApiProblem ? run.error.errors.map((each) => ({ ...each, pointer: each.pointer.replace(/^\/params/, "") })) : [];
  return (
    <Modal open width={720} title={t("run.title", { name: task.name })} okText={t("run.now")} cancelText={w("cancel")} okButtonProps={{ loading: run.isPending, disabled: read === null }} onOk={() => run.mutate()} onCancel={onClose}>
      <div style={{ display: "grid", gap: 12 }}>
        <div style={{ display: "flex", flexWrap: "wrap", gap: 8, alignItems: "center", justifyContent: "space-between" }}>
          <div>
            <strong>{t("run.params")}</strong>
            <div style={{ color: "var(--ant-color-text-description)" }}>{t("run.params.help")}</div>
          </div>
          <Segmented
            aria-label={t("run.params")}
            value={text === null ? "form" : "json"}
            options={[{ value: "form", label: t("run.form"), disabled: read === null }, { value: "json", label: "JSON" }]}
            onChange={(view) => {
              if (view === "json") setText(JSON.stringify(params, null, 2));
              else if (read) {
                setParams(read);
                setText(null);
              }
            }}
          />
        </div>
        {text === null ? (
          <Suspense fallback={<Skeleton active />}>
            <ActionForm action={task.task_action} value={params} onChange={setParams} problems={problems} />
          </Suspense>
        ) : (
          <>
            <CodeEditor language="json" label={t("run.params")} value={text} onChange={setText} />
            {read === null ? <div role="alert" style={{ color: "var(--ant-color-error)" }}>{t("json.wrong")}</div> : null}
          </>
        )}
        <label style={{ display: "grid", gap: 4 }}>
          {t("run.overlap")}
          <Select value={overlap} onChange={setOverlap} options={[{ value: "", label: t("overlap.default") }, ...OVERLAPS.map((value) => ({ value, label: t(`overlap.${value}`) }))]} />
        </label>
        <Failure error={run.error} />
      </div>
    </Modal>
  );
}
