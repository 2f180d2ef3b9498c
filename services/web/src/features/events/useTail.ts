// The stored events, newest first, page by page, and on top of them what has come since: asked for with the place of
// the last one seen, so that nothing is shown twice and nothing is missed.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api, ask, type Schema } from "@/api/client";
import { keysetOptions } from "@/components/KeysetTable";

export type StoredEvent = Schema<"StoredEvent">;

export interface Filters {
  subject: string;
  source: string;
  type: string;
  q: string;
}

const LOOK = 2_000;
const PAGE = 50;
/** Of what has come since; older ones are found by reading on. */
const MOST_NEWS = 500;

export function useTail(filters: Filters, live: boolean) {
  const key = JSON.stringify(filters);
  const past = useInfiniteQuery({
    ...keysetOptions,
    queryKey: ["events", "recent", key],
    queryFn: ({ pageParam }) => ask(api.GET("/api/v1/group-ai/events/recent", { params: { query: { ...filters, limit: PAGE, cursor: pageParam } } })),
    refetchOnWindowFocus: false,
    staleTime: Infinity,
    gcTime: 0,
  });
  const began = past.data?.pages[0]?.last ?? null;
  const [seen, setSeen] = useState<{ key: string; began: number | null; last: number; events: StoredEvent[]; gap: boolean }>({ key, began: null, last: 0, events: [], gap: false });
  const current = seen.key === key && seen.began === began ? seen : { key, began, last: began ?? 0, events: [], gap: false };
  useQuery({
    queryKey: ["events", "since", key, began, current.last],
    queryFn: async () => {
      const page = await ask(api.GET("/api/v1/group-ai/events/recent", { params: { query: { ...filters, limit: 200, after: current.last } } }));
      const last = page.last ?? current.last;
      if (last !== current.last || page.items.length > 0) {
        setSeen({ key, began, last, events: [...page.items, ...current.events].slice(0, MOST_NEWS), gap: current.gap || !page.complete });
      }
      return page.items.length;
    },
    enabled: live && began !== null,
    refetchInterval: LOOK,
    gcTime: 0,
  });
  const news = current.events;
  const query = useMemo(() => {
    if (!past.data || news.length === 0) return past;
    return { ...past, data: { ...past.data, pages: [{ items: news, next: null, last: null, complete: true }, ...past.data.pages] } } as typeof past;
  }, [past, news]);
  return { query, news: news.length, gap: current.gap };
}
