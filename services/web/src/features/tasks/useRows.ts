// The rows of the task list that are in view: only they are in the document, however many are loaded. j and k move
// among all of them.
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect } from "react";

/** Rows beyond the edges of the view. */
const OVERSCAN = 6;
/** So many rows before the end the next page is fetched. */
const EARLY = 30;

export interface RowsOptions {
  count: number;
  height: number;
  /** Where the list begins on the page. */
  top: number;
  hasMore: boolean;
  loadMore: () => void;
}

export function useRows({ count, height, top: margin, hasMore, loadMore }: RowsOptions) {
  const virtualizer = useWindowVirtualizer({
    count,
    estimateSize: useCallback(() => height, [height]),
    overscan: OVERSCAN,
    scrollMargin: margin,
    // The header of the page and of the table cover what is behind them.
    scrollPaddingStart: 110,
    scrollPaddingEnd: 80,
  });
  useEffect(() => virtualizer.measure(), [height, virtualizer]);
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && last >= count - EARLY) loadMore();
  }, [hasMore, last, count, loadMore]);
  const before = items[0] ? items[0].start - margin : 0;
  const end = items.at(-1);
  const after = end ? virtualizer.getTotalSize() - (end.end - margin) : 0;
  return { items, before, after: Math.max(after, 0), virtualizer };
}
