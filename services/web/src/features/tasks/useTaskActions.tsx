// What one can do to a task from anywhere: run it, switch it on or off; with a toast that leads on or takes it back.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { useMemo } from "react";
import { useNavigate } from "react-router";
import { api, ask, newIdempotencyKey, type Schema } from "@/api/client";
import { useTexts } from "@/app/texts";
import { sentenceOf } from "@/components/Failure";
import { WORDS } from "@/components/texts";
import { LIST } from "./texts";

interface Named {
  id: string;
  name: string;
}

export function useTaskActions() {
  const t = useTexts(LIST);
  const w = useTexts(WORDS);
  const { message } = App.useApp();
  const navigate = useNavigate();
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: ["tasks"] });
  const fail = (error: unknown) => void message.error(sentenceOf(error, w("failure.away")));

  const run = useMutation({
    mutationFn: (task: Named) =>
      ask(
        api.POST("/api/v1/group-ai/automation-tasks/{task_id}/run", {
          params: { path: { task_id: task.id }, header: { "Idempotency-Key": newIdempotencyKey() } },
        }),
      ),
    onSuccess: (started, task) => {
      const open = () => void navigate(`/runs/${started.run_id}`);
      void message.success(<Toast text={t("started", { name: task.name })} action={t("started.open")} onAction={open} />, 6);
      void refresh();
    },
    onError: fail,
  });
  const put = (task: Named, enabled: boolean) =>
    ask(api.PUT("/api/v1/group-ai/automation-tasks/{task_id}", { params: { path: { task_id: task.id } }, body: { enabled } as Schema<"TaskUpdate"> }));
  const switching = useMutation({
    mutationFn: ({ task, enabled }: { task: Named; enabled: boolean }) => put(task, enabled),
    onSuccess: (_, { task, enabled }) => {
      const undo = () => {
        put(task, !enabled).then(() => {
          void message.info(t("switched.back"));
          void refresh();
        }, fail);
      };
      const text = t(enabled ? "switched.on" : "switched.off", { name: task.name });
      void message.success(<Toast text={text} action={w("undo")} onAction={undo} />, 8);
      void refresh();
    },
    onError: fail,
  });
  const { mutate: runIt } = run;
  const { mutate: switchIt } = switching;
  const running = run.isPending ? run.variables.id : null;
  // The same object while nothing happens, so that rows need not be drawn anew.
  return useMemo(
    () => ({
      run: (task: Named) => runIt(task),
      running,
      switchTo: (task: Named, enabled: boolean) => switchIt({ task, enabled }),
    }),
    [runIt, running, switchIt],
  );
}

export function Toast({ text, action, onAction }: { text: string; action: string; onAction: () => void }) {
  const { message } = App.useApp();
  return (
    <span>
      {text}{" "}
      <Button
        type="link"
        size="small"
        onClick={() => {
          message.destroy();
          onAction();
        }}
      >
        {action}
      </Button>
    </span>
  );
}
