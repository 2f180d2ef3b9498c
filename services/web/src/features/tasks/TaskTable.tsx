// The task list as a table. Only rows in view are in the document; rows keep their height, so that nothing jumps while
// it scrolls and refreshes.
import { Checkbox, theme } from "antd";
import { memo, type MouseEvent, useRef } from "react";
import { useTexts } from "@/app/texts";
import { Cell, NameCell } from "./Cells";
import { type Column, WIDTHS } from "./columns";
import { RowMenu } from "./RowMenu";
import { isChosen, type Selection, toggleShown } from "./selection";
import { LIST } from "./texts";
import type { useTaskActions } from "./useTaskActions";
import type { TaskRow } from "./useTaskList";
import type { useRows } from "./useRows";

export const HEIGHTS = { comfortable: 58, compact: 40 } as const;
export type Density = keyof typeof HEIGHTS;

export interface TaskTableProps {
  rows: readonly TaskRow[];
  total: number;
  view: ReturnType<typeof useRows>;
  columns: readonly Column[];
  density: Density;
  active: string | null;
  selection: Selection;
  onSelection: (selection: Selection) => void;
  onToggle: (id: string, range: boolean) => void;
  onDelete: (task: TaskRow) => void;
  actions: ReturnType<typeof useTaskActions>;
  /** Whether one may do anything with what one has chosen. */
  selectable: boolean;
}

export function TaskTable(props: TaskTableProps) {
  const { rows, total, view, columns, density, active, selection, onSelection, selectable } = props;
  const t = useTexts(LIST);
  const { token } = theme.useToken();
  const shown = rows.map((row) => row.id);
  const chosen = shown.filter((id) => isChosen(selection, id)).length;
  const width = columns.length + 2 + (selectable ? 1 : 0);
  return (
    <table aria-label={t("title")} aria-rowcount={total + 1} style={{ width: "100%", tableLayout: "fixed", borderCollapse: "separate", borderSpacing: 0, background: token.colorBgContainer, borderRadius: 8 }}>
      <colgroup>
        {selectable ? <col style={{ width: 44 }} /> : null}
        <col />
        {columns.map((column) => (
          <col key={column} style={{ width: WIDTHS[column] }} />
        ))}
        <col style={{ width: 92 }} />
      </colgroup>
      <thead>
        <tr style={{ position: "sticky", top: 52, zIndex: 5 }}>
          {selectable ? (
            <th scope="col" style={head(token)}>
              <Checkbox aria-label={t("select.shown")} checked={chosen > 0 && chosen === shown.length} indeterminate={chosen > 0 && chosen < shown.length} onChange={() => onSelection(toggleShown(selection, shown))} />
            </th>
          ) : null}
          <th scope="col" style={head(token)}>{t("column.name")}</th>
          {columns.map((column) => (
            <th key={column} scope="col" style={head(token)} title={column === "rate" || column === "p95" ? t(`column.${column}.help`) : undefined}>
              {t(`column.${column}`)}
            </th>
          ))}
          <th scope="col" style={head(token)}><span className="visually-hidden">{t("column.actions")}</span></th>
        </tr>
      </thead>
      <tbody>
        <Spacer height={view.before} width={width} />
        {view.items.map(({ index }) => {
          const row = rows[index];
          if (!row) return null;
          return (
            <Row
              key={row.id}
              row={row}
              index={index}
              columns={columns}
              density={density}
              active={row.id === active}
              chosen={isChosen(selection, row.id)}
              selectable={selectable}
              onToggle={props.onToggle}
              onDelete={props.onDelete}
              actions={props.actions}
            />
          );
        })}
        <Spacer height={view.after} width={width} />
      </tbody>
    </table>
  );
}

type RowProps = Pick<TaskTableProps, "columns" | "density" | "selectable" | "onToggle" | "onDelete" | "actions"> & { row: TaskRow; index: number; active: boolean; chosen: boolean };

const Row = memo(function Row({ row, index, columns, density, active, chosen, selectable, onToggle, onDelete, actions }: RowProps) {
  const t = useTexts(LIST);
  const shift = useRef(false);
  const compact = density === "compact";
  const style = { padding: "0 12px", height: HEIGHTS[density], borderBlockEnd: "1px solid var(--ant-color-border-secondary)", overflow: "hidden", verticalAlign: "middle", ...(chosen ? { background: "var(--ant-control-item-bg-active)" } : {}) } as const;
  return (
    <tr className={active ? "row-active" : ""} aria-rowindex={index + 2} data-task={row.id}>
      {selectable ? (
        <td style={style} onClickCapture={(event: MouseEvent) => (shift.current = event.shiftKey)}>
          <Checkbox aria-label={t("row.select", { name: row.name })} checked={chosen} onChange={() => onToggle(row.id, shift.current)} />
        </td>
      ) : null}
      <td style={style}><NameCell task={row} compact={compact} /></td>
      {columns.map((column) => (
        <td key={column} style={style}><Cell column={column} task={row} compact={compact} /></td>
      ))}
      <td style={{ ...style, padding: "0 8px", textAlign: "end" }}><RowMenu task={row} actions={actions} onDelete={onDelete} /></td>
    </tr>
  );
});

function Spacer({ height, width }: { height: number; width: number }) {
  return height > 0 ? <tr aria-hidden><td colSpan={width} style={{ height, padding: 0 }} /></tr> : null;
}

function head(token: { colorFillAlter: string; colorBgElevated: string; colorBgContainer: string }) {
  return {
    padding: "8px 12px", textAlign: "start", fontWeight: 600, whiteSpace: "nowrap", overflow: "hidden", textOverflow: "ellipsis",
    background: `linear-gradient(${token.colorFillAlter}, ${token.colorFillAlter}), ${token.colorBgContainer}`,
    borderBlockEnd: "1px solid var(--ant-color-border-secondary)",
  } as const;
}
