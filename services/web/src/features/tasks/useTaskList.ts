// The tasks that a query finds. The first page polls; further down only the rows in view are asked for again, so that
// ten thousand loaded rows cost no more than a screenful.
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api, ask, type Schema } from "@/api/client";
import type { paths } from "@/api/schema";
import { ApiProblem } from "@/api/problem";
import { LIVE } from "@/api/queries";
import { useSettled } from "@/components/settled";
import { browserZone } from "@/components/zones";

export type TaskRow = Schema<"ListedTask">;

const PAGE = 100;
/** As many ids as find room in a query. */
const MOST_SEEN = 48;

type Sort = NonNullable<NonNullable<paths["/api/v1/group-ai/task-list"]["get"]["parameters"]["query"]>["sort"]>;

function listQuery(query: { q: string; sort?: Sort; cursor?: string; limit?: number }, signal?: AbortSignal) {
  return ask(api.GET("/api/v1/group-ai/task-list", { params: { query: { timezone: browserZone, ...query } }, signal: signal ?? null }));
}

export function useTaskList(q: string, sort: string, seen: readonly string[]) {
  const query = useInfiniteQuery({
    queryKey: ["tasks", "list", q, sort],
    queryFn: ({ pageParam, signal }) => listQuery({ q, sort: sort as Sort, cursor: pageParam, limit: PAGE }, signal),
    initialPageParam: "",
    getNextPageParam: (last) => last.next ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: (state) => ((state.state.data?.pages.length ?? 0) <= 1 ? LIVE : false),
    refetchOnWindowFocus: (state) => (state.state.data?.pages.length ?? 0) <= 1,
  });
  const refused = query.error instanceof ApiProblem && query.error.status === 422 ? query.error : null;
  // While a query is being mended, what the one before found stays on the page.
  const [found, setFound] = useState(query.data);
  if (query.data && query.data !== found) setFound(query.data);
  const data = query.data ?? (refused ? found : undefined);
  const deep = (query.data?.pages.length ?? 0) > 1;
  const fresh = useSeenRows(deep ? seen : []);
  const rows = useMemo(() => {
    const loaded = data?.pages.flatMap((page) => page.items) ?? [];
    return fresh.size ? loaded.map((row) => fresh.get(row.id) ?? row) : loaded;
  }, [data, fresh]);
  const last = data?.pages.at(-1);
  return { query, rows, refused, hasData: data !== undefined, total: last?.total ?? 0, exact: last?.total_is_exact ?? true };
}

function useSeenRows(seen: readonly string[]): ReadonlyMap<string, TaskRow> {
  const ids = useSettled(seen.slice(0, MOST_SEEN).join(","), 400);
  const { data } = useQuery({
    queryKey: ["tasks", "seen", ids],
    queryFn: ({ signal }) => listQuery({ q: `id:${ids}`, limit: MOST_SEEN }, signal),
    enabled: ids !== "",
    refetchInterval: LIVE,
    placeholderData: keepPreviousData,
    gcTime: 10_000,
  });
  return useMemo(() => new Map(data?.items.map((row) => [row.id, row])), [data]);
}
