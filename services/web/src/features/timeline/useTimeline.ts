// Runs and fires of tasks within a span, fresh every few seconds.
import { useQuery } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import { live } from "@/api/queries";
import type { Span } from "./scale";

export function useTimeline(span: Span, filters: { q?: string; task_id?: string; queue?: string; limit: number }) {
  const query = { from: new Date(span.from).toISOString(), to: new Date(span.to).toISOString(), ...filters };
  return useQuery({
    queryKey: ["runs", "timeline", query],
    queryFn: () => ask(api.GET("/api/v1/group-ai/timeline", { params: { query } })),
    ...live,
  });
}
