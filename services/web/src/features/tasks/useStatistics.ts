// The figures of one task; they change slowly.
import { useQuery } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import { browserZone } from "@/components/zones";
import { calm } from "@/api/queries";

export function useStatistics(taskId: string) {
  return useQuery({
    queryKey: ["tasks", "statistics", taskId],
    queryFn: () =>
      ask(api.GET("/api/v1/group-ai/automation-tasks/{task_id}/statistics", { params: { path: { task_id: taskId }, query: { timezone: browserZone } } })),
    ...calm,
  });
}
