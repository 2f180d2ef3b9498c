// One task, with the version that a change of it names.
import { useQuery } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import { LIVE } from "@/api/queries";

export function useTask(taskId: string) {
  return useQuery({
    queryKey: ["tasks", "one", taskId],
    queryFn: () => ask(api.GET("/api/v1/group-ai/automation-tasks/{task_id}", { params: { path: { task_id: taskId } } })),
    refetchInterval: LIVE,
  });
}
