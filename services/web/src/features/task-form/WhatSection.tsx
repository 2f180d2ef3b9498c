// Which action, with which parameters. The parameters of an action come back when it is chosen again.
import { Button, Skeleton } from "antd";
import { lazy, Suspense, useRef, useState } from "react";
import { useTexts } from "@/app/texts";
import { ActionPicker } from "@/features/action-form/ActionPicker";
import { Group, Help } from "./Field";
import type { Config } from "./fields";
import { useForm } from "./form";
import { below } from "./pointers";
import { FORM } from "./texts";

const ActionForm = lazy(() => import("@/features/action-form/ActionForm").then((module) => ({ default: module.ActionForm })));

export function WhatSection() {
  const t = useTexts(FORM);
  const { draft, base, set, problems, taskId } = useForm();
  const kept = useRef<Record<string, Config>>({});
  const [switched, setSwitched] = useState(false);
  const [choosing, setChoosing] = useState(false);
  const choose = (action: string) => {
    setChoosing(false);
    if (action === draft.task_action) return;
    setSwitched(Object.keys(draft.action_config).length > 0);
    kept.current[draft.task_action] = draft.action_config;
    set("task_action", action);
    set("action_config", kept.current[action] ?? {});
  };
  return (
    <>
      <Group pointer="/task_action" legend={t("field.task_action")}>
        {draft.task_action ? (
          <div style={{ display: "flex", flexWrap: "wrap", gap: 8, alignItems: "center", marginBlockEnd: choosing ? 12 : 0 }}>
            <code>{draft.task_action}</code>
            <Button size="small" aria-expanded={choosing} onClick={() => setChoosing(!choosing)}>{t(choosing ? "action.keep" : "action.another")}</Button>
          </div>
        ) : null}
        {choosing || !draft.task_action ? <ActionPicker value={draft.task_action} onChange={choose} /> : null}
      </Group>
      {switched ? <Help>{t("action.changed")}</Help> : null}
      {draft.task_action ? (
        <Group pointer="/action_config" legend={t("field.action_config")} nested>
          <Suspense fallback={<Skeleton active />}>
            <ActionForm key={draft.task_action} action={draft.task_action} value={draft.action_config} onChange={(value) => set("action_config", value)} problems={below(problems, "/action_config")} {...(taskId && base.task_action === draft.task_action ? { taskId } : {})} />
          </Suspense>
        </Group>
      ) : (
        <Help>{t("action.first")}</Help>
      )}
    </>
  );
}
