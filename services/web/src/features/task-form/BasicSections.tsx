// Name, description, on or off; and what kind of task it is.
import { Input, Switch } from "antd";
import { lazy, Suspense, useId } from "react";
import { Skeleton } from "antd";
import { useTexts } from "@/app/texts";
import { Choices } from "./Choices";
import { Field, Group, Help, Problems } from "./Field";
import type { Draft } from "./fields";
import { useForm } from "./form";
import { below } from "./pointers";
import { ScheduleEditor } from "./ScheduleEditor";
import { FORM } from "./texts";
import { browserZone } from "@/components/zones";

const TriggerEditor = lazy(() => import("@/features/trigger-editor/TriggerEditor").then((module) => ({ default: module.TriggerEditor })));
const TYPES = ["scheduled", "triggered", "manual"] as const;

export function BasicsSection() {
  const t = useTexts(FORM);
  const { draft, set } = useForm();
  const id = useId();
  return (
    <>
      <Field pointer="/name" label={t("field.name")} required>
        {(control) => <Input {...control} aria-required maxLength={200} value={draft.name} onChange={(event) => set("name", event.target.value)} style={{ maxWidth: 560 }} />}
      </Field>
      <Field pointer="/description" label={t("field.description")} help={t("help.description")}>
        {(control) => <Input.TextArea {...control} rows={3} maxLength={2_000} value={draft.description ?? ""} onChange={(event) => set("description", event.target.value || null)} style={{ maxWidth: 760 }} />}
      </Field>
      <Group pointer="/enabled" legend={<span className="visually-hidden">{t("field.enabled")}</span>}>
        <div style={{ display: "flex", gap: 8, alignItems: "center" }}>
          <Switch id={id} checked={draft.enabled} onChange={(on) => set("enabled", on)} aria-describedby={`${id}-help`} />
          <label htmlFor={id} style={{ fontWeight: 500 }}>{t("field.enabled")}</label>
        </div>
        <Help id={`${id}-help`}>{t("help.enabled")}</Help>
      </Group>
    </>
  );
}

export function WhenSection() {
  const t = useTexts(FORM);
  const { draft, set, taskId, problems } = useForm();
  const choose = (type: Draft["task_type"]) => {
    set("task_type", type);
    if (type === "scheduled" && !draft.schedule_config) set("schedule_config", { cron: "0 9 * * *", timezone: browserZone });
    if (type === "triggered" && !draft.trigger_config) set("trigger_config", {});
  };
  return (
    <>
      <Group pointer="/task_type" legend={t("field.task_type")}>
        <Choices<Draft["task_type"]> label={t("field.task_type")} value={draft.task_type} onChange={choose} options={TYPES.map((each) => ({ value: each, title: t(`type.${each}`), text: t(`type.${each}.help`) }))} />
      </Group>
      {draft.task_type === "scheduled" ? (
        <Group pointer="/schedule_config" legend={<span className="visually-hidden">{t("field.schedule_config")}</span>} nested>
          <ScheduleEditor />
        </Group>
      ) : null}
      {draft.task_type === "triggered" ? (
        <Group pointer="/trigger_config" legend={<span className="visually-hidden">{t("field.trigger_config")}</span>} nested>
          <Suspense fallback={<Skeleton active />}>
            <TriggerEditor value={draft.trigger_config ?? {}} onChange={(value) => set("trigger_config", value)} problems={below(problems, "/trigger_config")} action={draft.task_action} {...(taskId ? { taskId } : {})} />
          </Suspense>
        </Group>
      ) : null}
      {draft.task_type === "manual" ? <Help>{t("manual.text")}</Help> : null}
      {draft.task_type !== "scheduled" ? <Problems problems={problems.filter((each) => each.pointer.startsWith("/schedule_config"))} /> : null}
    </>
  );
}
