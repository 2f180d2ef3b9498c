// The task list on narrow screens: a card per task.
import { Card, Checkbox } from "antd";
import { memo } from "react";
import { Link } from "react-router";
import { useTexts } from "@/app/texts";
import { RunState } from "@/components/RunState";
import { When } from "@/components/Time";
import { WORDS } from "@/components/texts";
import { LiveTag, WhenCell } from "./Cells";
import { RowMenu } from "./RowMenu";
import { RunStrip } from "./RunStrip";
import { isChosen } from "./selection";
import type { TaskTableProps } from "./TaskTable";
import { LIST } from "./texts";
import type { TaskRow } from "./useTaskList";

export const CARD_HEIGHT = 172;

export function TaskCards(props: TaskTableProps) {
  const { rows, view, active, selection } = props;
  const t = useTexts(LIST);
  return (
    <div role="list" aria-label={t("title")} style={{ paddingBlockStart: view.before, paddingBlockEnd: view.after }}>
      {view.items.map(({ index }) => {
        const row = rows[index];
        if (!row) return null;
        return (
          <div role="listitem" key={row.id} data-index={index} ref={view.virtualizer.measureElement} style={{ paddingBlockEnd: 8 }}>
            <TaskCard
              row={row}
              active={row.id === active}
              chosen={isChosen(selection, row.id)}
              selectable={props.selectable}
              onToggle={props.onToggle}
              onDelete={props.onDelete}
              actions={props.actions}
            />
          </div>
        );
      })}
    </div>
  );
}

type CardProps = Pick<TaskTableProps, "selectable" | "onToggle" | "onDelete" | "actions"> & { row: TaskRow; active: boolean; chosen: boolean };

const TaskCard = memo(function TaskCard({ row, active, chosen, selectable, onToggle, onDelete, actions }: CardProps) {
  const t = useTexts(LIST);
  const w = useTexts(WORDS);
  const faint = { color: "var(--ant-color-text-description)" } as const;
  return (
    <Card size="small" data-task={row.id} styles={{ body: { padding: 12 } }} style={{ ...(active ? { outline: "2px solid var(--ant-color-primary)" } : {}), ...(chosen ? { background: "var(--ant-control-item-bg-active)" } : {}) }}>
      <div style={{ display: "flex", gap: 8, alignItems: "flex-start" }}>
        {selectable ? <Checkbox aria-label={t("row.select", { name: row.name })} checked={chosen} onChange={() => onToggle(row.id, false)} style={{ marginBlockStart: 4 }} /> : null}
        <div style={{ flex: 1, minWidth: 0 }}>
          <Link to={`/tasks/${row.id}`} className="break" style={{ fontWeight: 500, ...(row.enabled ? {} : faint) }}>{row.name}</Link>
          <div style={{ ...faint, fontSize: 13 }}>
            {row.enabled ? null : `${w("disabled")} · `}
            <WhenCell task={row} />
          </div>
        </div>
        <RowMenu task={row} actions={actions} onDelete={onDelete} />
      </div>
      <div style={{ display: "flex", flexWrap: "wrap", gap: 8, alignItems: "center", marginBlockStart: 8 }}>
        {row.last_run ? <RunState name={row.last_run.status} /> : null}
        <LiveTag task={row} />
        <RunStrip runs={row.last_runs} />
      </div>
      {row.next_run_at ? <div style={{ ...faint, fontSize: 13, marginBlockStart: 6 }}>{t("column.next")}: <When at={row.next_run_at} /></div> : null}
    </Card>
  );
});
