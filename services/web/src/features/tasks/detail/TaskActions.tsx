// What one can do to a task: the likeliest as buttons, the rest in a menu.
import { DownOutlined, EditOutlined, MoreOutlined, PauseCircleOutlined, PlayCircleOutlined, PoweroffOutlined } from "@ant-design/icons";
import { Button, Dropdown, Flex, Space, Tooltip } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useSession } from "@/app/session";
import { useShortcut } from "@/app/shortcuts";
import { useTexts } from "@/app/texts";
import { useCopy } from "@/components/Command";
import { WORDS } from "@/components/texts";
import { curlToRun, definitionOf, type Task } from "../definition";
import { DeleteTask } from "../DeleteTask";
import { DETAIL } from "../detailTexts";
import { useTaskActions } from "../useTaskActions";
import { RunModal } from "./RunModal";

export function TaskActions({ task }: { task: Task }) {
  const t = useTexts(DETAIL);
  const w = useTexts(WORDS);
  const { can } = useSession();
  const navigate = useNavigate();
  const actions = useTaskActions();
  const [running, setRunning] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const write = can("tasks:write");
  const edit = () => void navigate(`/tasks/${task.id}/edit`);
  useShortcut("r", t("run.with"), () => setRunning(true), { enabled: can("tasks:run") });
  useShortcut("e", w("edit"), edit, { enabled: write });
  const copying = useCopy();
  const copy = (text: string) => copying(text, t("copied"));
  const items = [
    ...(write ? [{ key: "copy", label: t("duplicate"), onClick: () => void navigate(`/tasks/new?from=${task.id}`) }] : []),
    { key: "curl", label: t("copy.curl"), onClick: () => void copy(curlToRun(task, location.origin)) },
    { key: "json", label: t("copy.json"), onClick: () => void copy(JSON.stringify(definitionOf(task), null, 2)) },
    { key: "id", label: t("copy.id"), onClick: () => void copy(task.id) },
    ...(write ? [{ type: "divider" as const }, { key: "delete", danger: true, label: `${w("delete")}…`, onClick: () => setDeleting(true) }] : []),
  ];
  return (
    <Flex gap={8} wrap="wrap">
      <Tooltip title={can("tasks:run") ? "" : t("no.run")}>
        <Space.Compact>
          <Button type="primary" icon={<PlayCircleOutlined aria-hidden />} disabled={!can("tasks:run")} loading={actions.running === task.id} onClick={() => actions.run(task)}>
            {t("run.now")}
          </Button>
          <Dropdown trigger={["click"]} disabled={!can("tasks:run")} menu={{ items: [{ key: "with", label: t("run.with"), onClick: () => setRunning(true) }] }}>
            <Button type="primary" icon={<DownOutlined aria-hidden />} aria-label={t("run.with")} />
          </Dropdown>
        </Space.Compact>
      </Tooltip>
      {write ? (
        <>
          <Button icon={task.enabled ? <PauseCircleOutlined aria-hidden /> : <PoweroffOutlined aria-hidden />} onClick={() => actions.switchTo(task, !task.enabled)}>
            {w(task.enabled ? "disable" : "enable")}
          </Button>
          <Button icon={<EditOutlined aria-hidden />} onClick={edit}>{w("edit")}</Button>
        </>
      ) : null}
      <Dropdown trigger={["click"]} menu={{ items }}>
        <Button icon={<MoreOutlined aria-hidden />} aria-label={t("more")} />
      </Dropdown>
      {running ? <RunModal task={task} onClose={() => setRunning(false)} /> : null}
      {deleting ? <DeleteTask task={task} onClose={() => setDeleting(false)} onDeleted={() => void navigate("/tasks")} /> : null}
    </Flex>
  );
}
