// The buttons at the end of a row: run it, and the rest in a menu.
import { MoreOutlined, PlayCircleOutlined } from "@ant-design/icons";
import { Button, Dropdown, Tooltip } from "antd";
import { useNavigate } from "react-router";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { WORDS } from "@/components/texts";
import { DETAIL } from "./detailTexts";
import { LIST } from "./texts";
import type { useTaskActions } from "./useTaskActions";
import type { TaskRow } from "./useTaskList";

export function RowMenu({ task, actions, onDelete }: { task: TaskRow; actions: ReturnType<typeof useTaskActions>; onDelete: (task: TaskRow) => void }) {
  const t = useTexts(LIST);
  const d = useTexts(DETAIL);
  const w = useTexts(WORDS);
  const { can } = useSession();
  const navigate = useNavigate();
  const write = can("tasks:write");
  const items = [
    { key: "runs", label: d("tab.runs"), onClick: () => void navigate(`/tasks/${task.id}?tab=runs`) },
    ...(write
      ? [
          { key: "switch", label: w(task.enabled ? "disable" : "enable"), onClick: () => actions.switchTo(task, !task.enabled) },
          { key: "edit", label: w("edit"), onClick: () => void navigate(`/tasks/${task.id}/edit`) },
          { key: "copy", label: d("duplicate"), onClick: () => void navigate(`/tasks/new?from=${task.id}`) },
          { type: "divider" as const },
          { key: "delete", danger: true, label: `${w("delete")}…`, onClick: () => onDelete(task) },
        ]
      : []),
  ];
  return (
    <span style={{ whiteSpace: "nowrap" }}>
      {can("tasks:run") ? (
        <Tooltip title={d("run.now")}>
          <Button type="text" icon={<PlayCircleOutlined aria-hidden />} aria-label={t("row.run", { name: task.name })} loading={actions.running === task.id} onClick={() => actions.run(task)} />
        </Tooltip>
      ) : null}
      <Dropdown trigger={["click"]} menu={{ items }}>
        <Button type="text" icon={<MoreOutlined aria-hidden />} aria-label={t("row.more", { name: task.name })} />
      </Dropdown>
    </span>
  );
}
