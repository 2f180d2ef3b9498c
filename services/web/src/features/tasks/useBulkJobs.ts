// Changes of many tasks: read, cancelled, taken back.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App } from "antd";
import { api, ask, done, type Schema } from "@/api/client";
import { useTexts } from "@/app/texts";
import { sentenceOf } from "@/components/Failure";
import { WORDS } from "@/components/texts";

export type Job = Schema<"TaskBulk">;
const SOON = 700;

/** One job, followed until it is over. */
export function useBulkJob(id: string | null) {
  const client = useQueryClient();
  return useQuery({
    queryKey: ["tasks", "bulk", id],
    queryFn: async () => {
      const job = await ask(api.GET("/api/v1/group-ai/task-bulk/{bulk_id}", { params: { path: { bulk_id: id ?? "" } } }));
      // The list shows what came of it at once, not with its next look.
      if (job.state !== "running") void client.invalidateQueries({ queryKey: ["tasks", "list"] });
      return job;
    },
    enabled: id !== null,
    refetchInterval: (query) => (!query.state.data || query.state.data.state === "running" ? SOON : false),
  });
}

export function useBulkActions(onStarted: (job: Job) => void) {
  const w = useTexts(WORDS);
  const { message } = App.useApp();
  const client = useQueryClient();
  const refresh = () => void client.invalidateQueries({ queryKey: ["tasks"] });
  const onError = (error: unknown) => void message.error(sentenceOf(error, w("failure.away")));
  const path = (job: Job) => ({ params: { path: { bulk_id: job.id } } });
  const cancel = useMutation({
    mutationFn: (job: Job) => ask(api.POST("/api/v1/group-ai/task-bulk/{bulk_id}/cancel", path(job))),
    onSuccess: refresh,
    onError,
  });
  const undo = useMutation({
    mutationFn: (job: Job) => done(api.POST("/api/v1/group-ai/task-bulk/{bulk_id}/undo", path(job))),
    onSuccess: (job) => {
      onStarted(job);
      refresh();
    },
    onError,
  });
  return { cancel, undo };
}
