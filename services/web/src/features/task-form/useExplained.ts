// What an expression means, field by field, as the server reads it.
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import type { Explained } from "./schedule";

/** Marks answers that the page has guessed. */
const EXPECTED = 1;

const keyOf = (cron: string, dayOr: boolean) => ["task-form", "explain", cron, dayOr];

export function useExplained(cron: string, dayOr: boolean) {
  const client = useQueryClient();
  const query = useQuery({
    queryKey: keyOf(cron, dayOr),
    queryFn: () => ask(api.POST("/api/v1/group-ai/schedules/explain", { body: { cron, day_or: dayOr } })),
    enabled: cron.trim() !== "",
    // What was only expected is looked up all the same.
    staleTime: ({ state }) => (state.dataUpdatedAt === EXPECTED ? 0 : Infinity),
    placeholderData: keepPreviousData,
  });
  /** Show at once what the server is going to say. */
  const expect = (explained: Explained) => {
    client.setQueryData(keyOf(explained.cron, dayOr), explained, { updatedAt: EXPECTED });
  };
  return { explained: query.error ? undefined : query.data, expect };
}
