// A list that is read page by page with a cursor: table on wide screens, cards on narrow ones; j/k move, Enter opens,
// x selects. Rows keep their places while the list refreshes.
import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import { Button, Checkbox, Grid, Skeleton, Table, type TableProps } from "antd";
import { type ReactNode, useRef, useState } from "react";
import { useShortcut } from "@/app/shortcuts";
import { useTexts } from "@/app/texts";
import { Failure } from "./Failure";
import { WORDS } from "./texts";

export interface KeysetPage<Row> {
  items: Row[];
  next?: string | null;
}

export interface KeysetTableProps<Row> {
  /** Of `useInfiniteQuery`, with pages as the API answers them; see `keysetOptions`. */
  query: UseInfiniteQueryResult<{ pages: KeysetPage<Row>[] }>;
  rowKey: (row: Row) => string;
  columns: TableProps<Row>["columns"];
  /** A row as a card, for screens too narrow for a table. */
  card: (row: Row) => ReactNode;
  onOpen?: (row: Row) => void;
  selected?: string[];
  onSelect?: (keys: string[]) => void;
  /** What is shown if there is nothing. */
  empty: ReactNode;
  label: string;
  /** What one clicks to see more in place. */
  expandable?: TableProps<Row>["expandable"];
}

/** Spread into `useInfiniteQuery`: cursors of our API. */
export const keysetOptions = {
  initialPageParam: "",
  getNextPageParam: (last: KeysetPage<unknown>) => last.next || undefined,
};

export function KeysetTable<Row extends object>(props: KeysetTableProps<Row>) {
  const { query, rowKey, columns, card, onOpen, selected, onSelect, empty, label, expandable } = props;
  const t = useTexts(WORDS);
  const wide = Grid.useBreakpoint().md ?? window.innerWidth >= 768;
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const { active, box } = useRowKeys(rows, rowKey, onOpen, selected, onSelect);

  const failed = query.error as unknown;
  if (!query.data) {
    return failed ? <Failure error={failed} retry={() => void query.refetch()} /> : <Skeleton active paragraph={{ rows: 8 }} />;
  }
  if (rows.length === 0) return query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : empty;
  return (
    <div ref={box}>
      {query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : null}
      {wide ? (
        <Table<Row>
          aria-label={label}
          size="middle"
          rowKey={rowKey}
          columns={columns}
          dataSource={rows}
          pagination={false}
          scroll={{ x: "max-content" }}
          rowClassName={(row) => (rowKey(row) === active ? "row-active" : "")}
          {...(expandable ? { expandable } : {})}
          {...(onSelect ? { rowSelection: { selectedRowKeys: selected ?? [], onChange: (keys) => onSelect(keys.map(String)), preserveSelectedRowKeys: true } } : {})}
        />
      ) : (
        <ul aria-label={label} style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 8 }}>
          {rows.map((row) => (
            <li key={rowKey(row)} style={{ display: "flex", gap: 8, alignItems: "flex-start" }}>
              {onSelect ? (
                <Checkbox
                  aria-label={t("list.select")}
                  checked={selected?.includes(rowKey(row)) ?? false}
                  onChange={(event) => onSelect(event.target.checked ? [...(selected ?? []), rowKey(row)] : (selected ?? []).filter((key) => key !== rowKey(row)))}
                />
              ) : null}
              <div style={{ flex: 1, minWidth: 0 }}>{card(row)}</div>
            </li>
          ))}
        </ul>
      )}
      <div style={{ textAlign: "center", padding: 12, minHeight: 56 }}>
        {query.hasNextPage ? (
          <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t("more")}
          </Button>
        ) : rows.length > 20 ? (
          <span style={{ color: "var(--ant-color-text-description)" }}>{t("list.end")}</span>
        ) : null}
      </div>
    </div>
  );
}

function useRowKeys<Row>(rows: Row[], rowKey: (row: Row) => string, onOpen?: (row: Row) => void, selected?: string[], onSelect?: (keys: string[]) => void) {
  const t = useTexts(WORDS);
  const [active, setActive] = useState<string | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const at = rows.findIndex((row) => rowKey(row) === active);
  const move = (step: number) => {
    const index = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + step));
    const row = rows[index];
    if (!row) return;
    setActive(rowKey(row));
    box.current?.querySelectorAll(".ant-table-row, li")[index]?.scrollIntoView({ block: "nearest" });
  };
  const current = rows[at];
  useShortcut("j", t("list.next"), () => move(1), { enabled: rows.length > 0 });
  useShortcut("k", t("list.previous"), () => move(-1), { enabled: rows.length > 0 });
  useShortcut("enter", t("list.open"), () => current && onOpen?.(current), { enabled: !!onOpen && !!current });
  useShortcut(
    "x",
    t("list.select"),
    () => {
      if (!active) return;
      onSelect?.(selected?.includes(active) ? selected.filter((key) => key !== active) : [...(selected ?? []), active]);
    },
    { enabled: !!onSelect && !!current },
  );
  return { active, box };
}
