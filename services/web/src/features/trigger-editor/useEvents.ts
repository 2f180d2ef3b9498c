// What the editor asks of the API: which kinds of events there are, and what a trigger would make of them.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, ask, type Schema } from "@/api/client";
import { CALM } from "@/api/queries";
import { useSession } from "@/app/session";
import { useSettled } from "@/components/settled";
import type { Config } from "./config";

export type Kinds = Schema<"EventKinds">;
export type Tried = Schema<"TriggerTried">;
export type TriedEvent = Schema<"TriedEvent">;
export type FieldSeen = Schema<"FieldSeen">;

const SHOWN = 20;

export function useEventKinds(subject: string) {
  const { can } = useSession();
  return useQuery({
    queryKey: ["events", "kinds", subject],
    queryFn: () => ask(api.GET("/api/v1/group-ai/events/kinds", { params: { query: { subject } } })),
    enabled: can("events:read"),
    placeholderData: keepPreviousData,
    staleTime: CALM,
    retry: false,
  });
}

export function useRehearsal(config: Config, hours: number, taskId: string | undefined) {
  const { can } = useSession();
  const trigger = useSettled(config);
  const asks = Object.keys(trigger).length > 0;
  return useQuery({
    queryKey: ["events", "rehearsal", trigger, hours, taskId],
    queryFn: () =>
      ask(
        api.POST("/api/v1/group-ai/triggers/test", {
          body: { trigger_config: trigger, event: null, last: SHOWN, hours, task_id: taskId ?? null },
        }),
      ),
    enabled: asks && can("tasks:write"),
    placeholderData: keepPreviousData,
    refetchInterval: CALM,
    retry: false,
  });
}
