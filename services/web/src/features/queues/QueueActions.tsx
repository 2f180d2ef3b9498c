// What one may do about a queue: pause and resume with undo, limits, another limit for a while.
import { MoreOutlined, PauseOutlined, PlayCircleOutlined } from "@ant-design/icons";
import { App, Button, Dropdown, Space } from "antd";
import { useState } from "react";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { DryRunModal } from "@/components/DryRunModal";
import { sentenceOf } from "@/components/Failure";
import { WORDS } from "@/components/texts";
import { LimitsModal } from "./LimitsModal";
import { OverrideModal } from "./OverrideModal";
import { PauseModal } from "./PauseModal";
import { endOverride, forgetQueue, pauseQueue, type Queue, resumeQueue, useRefresh } from "./queueApi";
import { QUEUES } from "./texts";
import { useUndo } from "./useUndo";

type Open = "pause" | "limits" | "override" | "forget" | null;

export function QueueActions({ queue, size = "small" }: { queue: Queue; size?: "small" | "middle" }) {
  const t = useTexts(QUEUES);
  const word = useTexts(WORDS);
  const { can } = useSession();
  const { message } = App.useApp();
  const refresh = useRefresh();
  const undo = useUndo();
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  if (!can("queues:write")) return null;

  const resume = async () => {
    const before = queue.pause;
    try {
      await resumeQueue(queue.name);
      await refresh();
      undo(t("resumed.done", { name: queue.name }), async () => {
        await pauseQueue(queue.name, { reason: before?.reason ?? null, until: before?.until ?? null });
        await refresh();
      });
    } catch (error) {
      void message.error(sentenceOf(error, word("failure.title")));
    }
  };
  const end = async () => {
    try {
      await endOverride(queue.name);
      await refresh();
    } catch (error) {
      void message.error(sentenceOf(error, word("failure.title")));
    }
  };
  const items = [
    { key: "limits", label: t("edit"), onClick: () => setOpen("limits") },
    { key: "override", label: t("override"), onClick: () => setOpen("override") },
    ...(queue.override ? [{ key: "end", label: t("override.end"), onClick: () => void end() }] : []),
    ...(queue.updated_at ? [{ key: "forget", label: t("forget"), danger: true, onClick: () => setOpen("forget") }] : []),
  ];
  return (
    <Space size={4} onClick={(event) => event.stopPropagation()}>
      {queue.paused ? (
        <Button size={size} type="primary" icon={<PlayCircleOutlined />} aria-label={`${t("resume")} ${queue.name}`} onClick={() => void resume()}>{t("resume")}</Button>
      ) : (
        <Button size={size} icon={<PauseOutlined />} aria-label={`${t("pause")} ${queue.name}`} onClick={() => setOpen("pause")}>{t("pause")}</Button>
      )}
      <Dropdown menu={{ items }} trigger={["click"]}>
        <Button size={size} icon={<MoreOutlined />} aria-label={`${word("actions")}: ${queue.name}`} />
      </Dropdown>
      {open === "pause" ? (
        <PauseModal
          title={t("pause.title", { name: queue.name })}
          effect={`${t("pause.effect")} ${t("pause.now", { waiting: queue.waiting, running: queue.running })}`}
          confirm={t("pause")}
          onClose={close}
          act={async (wish) => {
            await pauseQueue(queue.name, wish);
            await refresh();
            undo(t("paused.done", { name: queue.name }), async () => {
              await resumeQueue(queue.name);
              await refresh();
            });
          }}
        />
      ) : null}
      {open === "limits" ? <LimitsModal queue={queue} onClose={close} /> : null}
      {open === "override" ? <OverrideModal queue={queue} onClose={close} /> : null}
      {open === "forget" ? (
        <DryRunModal
          title={t("forget.title", { name: queue.name })}
          confirm={t("forget")}
          danger
          onClose={close}
          rehearse={async () => queue}
          show={() => <p>{t("forget.effect")}</p>}
          act={async () => {
            await forgetQueue(queue.name);
            await refresh();
          }}
        />
      ) : null}
    </Space>
  );
}
