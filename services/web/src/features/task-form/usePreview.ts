// The next fires of what is being edited, from the server, a moment after the last key.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, ask, type Schema } from "@/api/client";
import { useSettled } from "@/components/settled";
import type { Draft } from "./fields";
import { useForm } from "./form";

export function usePreview(count: number) {
  const { draft, taskId } = useForm();
  const asked = useSettled(bodyOf(draft, taskId, count));
  return useQuery({
    queryKey: ["task-form", "preview", asked],
    queryFn: () => ask(api.POST("/api/v1/group-ai/schedules/preview", { body: asked as Schema<"PreviewRequest"> })),
    enabled: asked !== null,
    // "In 3 minutes" must not grow old on a page that stays open.
    refetchInterval: 60_000,
    staleTime: 30_000,
    placeholderData: keepPreviousData,
  });
}

function bodyOf(draft: Draft, taskId: string | null, count: number) {
  if (!draft.schedule_config || Object.keys(draft.schedule_config).length === 0) return null;
  return {
    schedule_config: draft.schedule_config,
    count,
    ...(draft.blackout?.calendars.length ? { blackout: draft.blackout } : {}),
    ...(taskId ? { task_id: taskId } : {}),
  };
}
