// One dead run: what happened, with which parameters, and what one may decide.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Descriptions, Drawer, Skeleton, Space } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { api, ask } from "@/api/client";
import { useTexts } from "@/app/texts";
import { LinkButton } from "@/components/LinkButton";
import { Failure, sentenceOf } from "@/components/Failure";
import { Json } from "@/components/Json";
import { RunState } from "@/components/RunState";
import { WORDS } from "@/components/texts";
import { When } from "@/components/Time";
import { type DeadRun, requeueAgain } from "./deadApi";
import { DecideModal, type Decision } from "./DecideModal";
import { DecisionTag } from "./DeadRuns";
import { DEAD } from "./texts";

interface DeadRunDrawerProps {
  id: string;
  known: DeadRun | undefined;
  mayDecide: boolean;
  mayRun: boolean;
  onClose: () => void;
  onDecide: (decision: Decision) => void;
  onOnlyTask: (taskId: string) => void;
}

export function DeadRunDrawer({ id, known, mayDecide, mayRun, onClose, onDecide, onOnlyTask }: DeadRunDrawerProps) {
  const t = useTexts(DEAD);
  const detail = useQuery({
    queryKey: ["dead-runs", "run", id],
    queryFn: () => ask(api.GET("/api/v1/group-ai/automation-runs/{run_id}", { params: { path: { run_id: id } } })),
  });
  const task = useQuery({
    queryKey: ["dead-runs", "task", known?.task_id],
    queryFn: () => ask(api.GET("/api/v1/group-ai/automation-tasks/{task_id}", { params: { path: { task_id: known?.task_id ?? "" } } })),
    enabled: !!known,
    retry: false,
  });
  const params = detail.data?.params ?? task.data?.action_config ?? null;
  return (
    <Drawer open onClose={onClose} size={560} title={known?.task_name ?? t("runs.label")}>
      {!known && detail.isPending ? <Skeleton active /> : null}
      {!known ? <Failure error={detail.error} /> : null}
      {!known && detail.data ? <LinkButton to={`/runs/${id}`} type="primary">{t("run.open")}</LinkButton> : null}
      {known ? (
        <Space orientation="vertical" size={16} style={{ width: "100%" }}>
          <Buttons run={known} params={params} mayDecide={mayDecide} mayRun={mayRun} onDecide={onDecide} />
          <pre className="pre mono" tabIndex={0} aria-label={t("error")} style={{ margin: 0, padding: 12, maxHeight: 260, overflow: "auto", borderRadius: 8, background: "var(--ant-color-error-bg)", color: "var(--ant-color-error-text)" }}>{known.error_message ?? t("error.none")}</pre>
          <Descriptions
            column={1}
            size="small"
            bordered
            styles={{ label: { width: 112 } }}
            items={[
              { key: "status", label: t("status"), children: <RunState name={known.status} /> },
              { key: "state", label: t("state"), children: <><DecisionTag run={known} />{known.decided_by ? <div>{t("decided", { name: known.decided_by })} <When at={known.decided_at} /></div> : null}</> },
              { key: "attempts", label: t("attempts"), children: known.attempts },
              { key: "died", label: t("died"), children: <When at={known.died_at} as="exact" /> },
              { key: "scheduled", label: t("scheduled"), children: <When at={known.scheduled_for} as="exact" /> },
              { key: "executor", label: t("executor"), children: known.executor },
            ]}
          />
          <Space wrap>
            <Link to={`/runs/${id}`}>{t("run.open")}</Link>
            <Link to={`/tasks/${known.task_id}`}>{t("run.task")}</Link>
            <Button type="link" size="small" style={{ padding: 0 }} onClick={() => onOnlyTask(known.task_id)}>{t("run.onlyTask")}</Button>
          </Space>
          {params ? (
            <section>
              <h3 style={{ fontSize: 14, margin: "0 0 4px" }}>{t("params")}</h3>
              <Json value={params} maxHeight={260} />
            </section>
          ) : null}
        </Space>
      ) : null}
    </Drawer>
  );
}

function Buttons({ run, params, mayDecide, mayRun, onDecide }: { run: DeadRun; params: Record<string, unknown> | null; mayDecide: boolean; mayRun: boolean; onDecide: (decision: Decision) => void }) {
  const t = useTexts(DEAD);
  const word = useTexts(WORDS);
  const client = useQueryClient();
  const { message } = App.useApp();
  const [editing, setEditing] = useState(false);
  const again = useMutation({
    mutationFn: () => requeueAgain(run.run_id),
    onSuccess: async () => {
      void message.success(t("done.requeued", { count: 1 }));
      await client.invalidateQueries({ queryKey: ["dead-runs"] });
    },
    onError: (error) => void message.error(sentenceOf(error, word("failure.title"))),
  });
  if (run.state !== "open") return mayRun ? <Button loading={again.isPending} onClick={() => again.mutate()}>{t("requeue.again")}</Button> : null;
  return (
    <Space wrap>
      {mayRun ? <Button type="primary" onClick={() => onDecide("requeue")}>{t("requeue")}</Button> : null}
      {mayRun ? <Button onClick={() => setEditing(true)}>{t("requeue.edit")}</Button> : null}
      {mayDecide ? <Button danger onClick={() => onDecide("discard")}>{t("discard")}</Button> : null}
      {editing ? <DecideModal decision="edit" ids={[run.run_id]} known={[run]} start={params ?? {}} onClose={() => setEditing(false)} onDone={() => undefined} /> : null}
    </Space>
  );
}
