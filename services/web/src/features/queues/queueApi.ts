// What one asks of the API about queues; each refreshes what is shown.
import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { api, ask, newIdempotencyKey, type Schema } from "@/api/client";

export type Queue = Schema<"Queue">;
export type Pause = Schema<"Pause">;

const key = () => ({ "Idempotency-Key": newIdempotencyKey() });
const at = (name: string) => ({ params: { path: { name }, header: key() } });

export interface PauseWish {
  reason: string | null;
  until: string | null;
}

export const listQueues = () => ask(api.GET("/api/v1/group-ai/queues"));
export const readPause = () => ask(api.GET("/api/v1/group-ai/pause"));
export const pauseQueue = (name: string, body: PauseWish) => ask(api.POST("/api/v1/group-ai/queues/{name}/pause", { ...at(name), body }));
export const resumeQueue = (name: string) => ask(api.POST("/api/v1/group-ai/queues/{name}/resume", at(name)));
export const pauseAll = (body: PauseWish) => ask(api.POST("/api/v1/group-ai/pause", { params: { header: key() }, body }));
export const resumeAll = () => ask(api.POST("/api/v1/group-ai/resume", { params: { header: key() } }));
export const forgetQueue = (name: string) => ask(api.DELETE("/api/v1/group-ai/queues/{name}", at(name)));
export const putQueue = (name: string, body: Partial<Schema<"QueuePut">>) =>
  ask(api.PUT("/api/v1/group-ai/queues/{name}", { ...at(name), body: body as Schema<"QueuePut"> }));
export const putOverride = (name: string, body: Schema<"OverridePut">) => ask(api.PUT("/api/v1/group-ai/queues/{name}/override", { ...at(name), body }));
export const endOverride = (name: string) => ask(api.DELETE("/api/v1/group-ai/queues/{name}/override", at(name)));

/** After a change: what shows queues is asked anew. */
export function useRefresh(): () => Promise<void> {
  const client = useQueryClient();
  return useCallback(async () => {
    await Promise.all([client.invalidateQueries({ queryKey: ["queues"] }), client.invalidateQueries({ queryKey: ["dashboard"] }), client.invalidateQueries({ queryKey: ["executors"] })]);
  }, [client]);
}
