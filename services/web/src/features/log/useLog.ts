// The log of a run for React.
import { useEffect, useMemo, useSyncExternalStore } from "react";
import type { View } from "./lines";
import { type BookSnapshot, LogBook } from "./logBook";

/** The log in a view; `again` reads it anew. */
export function useLog(runId: string, view: View): BookSnapshot & { again: () => void } {
  const book = useMemo(() => new LogBook(runId), [runId]);
  const snapshot = useSyncExternalStore(book.subscribe, book.current);
  useEffect(() => book.look(view), [book, view]);
  return { ...snapshot, again: book.source.again };
}
