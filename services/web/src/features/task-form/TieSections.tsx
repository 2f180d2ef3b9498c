// What other tasks have to do with this one, and who is told of it.
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Card, Checkbox, InputNumber, Select, Switch } from "antd";
import { useId } from "react";
import { Link } from "react-router";
import { api, ask, type Schema } from "@/api/client";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { Field, Group, Help } from "./Field";
import { listOf, useForm } from "./form";
import { Seconds } from "./Seconds";
import { TaskPicker } from "./TaskPicker";
import { FORM } from "./texts";

const RULES = ["all_success", "all_done", "none_failed", "none_failed_min_one_success", "one_success", "one_done", "one_failed", "all_failed", "all_skipped", "always"] as const;
const EVENTS = ["failure", "recovered", "success", "start", "late", "missed", "silent", "skipped", "cancelled", "dead", "needs_operator"] as const;
const YEAR = 366 * 86_400;

export function DependenciesSection() {
  const t = useTexts(FORM);
  const { draft, set, taskId } = useForm();
  const id = useId();
  const depends = draft.depends_on;
  return (
    <>
      <Field pointer="/dependent_tasks" label={t("field.dependent_tasks")} help={t("help.dependent_tasks")}>
        {(control) => <TaskPicker control={control} except={taskId} value={listOf(draft.dependent_tasks)} onChange={(ids) => set("dependent_tasks", ids)} />}
      </Field>
      <Group pointer="/depends_on" legend={t("field.depends_on")} nested>
        <div style={{ display: "flex", gap: 8, alignItems: "center", marginBlockEnd: 12 }}>
          <Switch id={id} checked={depends !== null} onChange={(on) => set("depends_on", on ? { tasks: [], rule: "all_success", window_seconds: 86_400 } : null)} />
          <label htmlFor={id}>{t("depends.on")}</label>
        </div>
        {depends ? (
          <>
            <Field pointer="/depends_on/tasks" label={t("field.depends_on.tasks")} required>
              {(control) => <TaskPicker control={control} except={taskId} value={listOf(depends.tasks)} onChange={(tasks) => set("depends_on", { ...depends, tasks })} />}
            </Field>
            <div style={{ display: "grid", columnGap: 16, gridTemplateColumns: "repeat(auto-fill, minmax(min(300px, 100%), 1fr))" }}>
              <Field pointer="/depends_on/rule" label={t("field.depends_on.rule")}>
                {(control) => <Select {...control} value={depends.rule} onChange={(rule) => set("depends_on", { ...depends, rule })} options={RULES.map((each) => ({ value: each, label: t(`rule.${each}`) }))} style={{ width: "100%" }} />}
              </Field>
              <Field pointer="/depends_on/window_seconds" label={t("field.depends_on.window_seconds")} help={t("help.depends_on.window_seconds")}>
                {(control) => <Seconds control={control} max={YEAR} value={depends.window_seconds} onChange={(seconds) => seconds && set("depends_on", { ...depends, window_seconds: seconds })} />}
              </Field>
            </div>
          </>
        ) : null}
      </Group>
    </>
  );
}

export function NotificationsSection() {
  const t = useTexts(FORM);
  const { draft, set } = useForm();
  const rules = listOf(draft.notify);
  return (
    <>
      <OnOff label={t("field.notify_on_failure")} help={t("help.notify_on_failure")} on={draft.notify_on_failure} onChange={(on) => set("notify_on_failure", on)} />
      <OnOff label={t("field.notify_on_success")} on={draft.notify_on_success} onChange={(on) => set("notify_on_success", on)} />
      <Field pointer="/notify_recipients" label={t("field.notify_recipients")} help={<>{t("help.notify_recipients")} <Link to="/channels" target="_blank" style={{ textDecoration: "underline" }}>{t("channels.new")}</Link></>}>
        {(control) => <Recipients control={control} value={listOf(draft.notify_recipients)} onChange={(names) => set("notify_recipients", names)} />}
      </Field>
      <Group pointer="/notify" legend={t("field.notify")} help={t("help.notify")} nested>
        {rules.map((rule, index) => (
          <Rule key={index} rule={rule} index={index} onChange={(next) => set("notify", rules.with(index, next))} onRemove={() => set("notify", rules.toSpliced(index, 1))} />
        ))}
        <Button icon={<PlusOutlined />} onClick={() => set("notify", [...rules, { on: ["failure", "recovered"], channels: [], after_failures: 1, exact: false }])}>{t("rule.add")}</Button>
      </Group>
    </>
  );
}

function OnOff({ label, help, on, onChange }: { label: string; help?: string; on: boolean; onChange: (on: boolean) => void }) {
  const id = useId();
  return (
    <div style={{ marginBlockEnd: 12 }}>
      <div style={{ display: "flex", gap: 8, alignItems: "center" }}>
        <Switch id={id} checked={on} onChange={onChange} />
        <label htmlFor={id} style={{ fontWeight: 500 }}>{label}</label>
      </div>
      {help ? <Help>{help}</Help> : null}
    </div>
  );
}

type NotifyRule = Schema<"TaskNotifyRule">;

function Rule({ rule, index, onChange, onRemove }: { rule: NotifyRule; index: number; onChange: (rule: NotifyRule) => void; onRemove: () => void }) {
  const t = useTexts(FORM);
  const pointer = `/notify/${index}`;
  return (
    <Card size="small" title={t("rule.number", { number: index + 1 })} extra={<Button type="text" icon={<DeleteOutlined />} aria-label={t("rule.remove")} onClick={onRemove} />} style={{ marginBlockEnd: 12 }}>
      <Field pointer={`${pointer}/on`} label={t("field.notify.on")} required>
        {(control) => <Select {...control} mode="multiple" value={listOf(rule.on)} onChange={(on: NotifyRule["on"]) => onChange({ ...rule, on })} options={EVENTS.map((each) => ({ value: each, label: t(`event.${each}`) }))} style={{ width: "100%" }} />}
      </Field>
      <Field pointer={`${pointer}/channels`} label={t("field.notify.channels")} help={t("help.notify.channels")}>
        {(control) => <Recipients control={control} value={listOf(rule.channels)} onChange={(channels) => onChange({ ...rule, channels })} />}
      </Field>
      {listOf(rule.on).includes("failure") ? (
        <div style={{ display: "flex", flexWrap: "wrap", columnGap: 16, alignItems: "center" }}>
          <Field pointer={`${pointer}/after_failures`} label={t("field.notify.after_failures")}>
            {(control) => <InputNumber {...control} min={1} max={1_000} precision={0} value={rule.after_failures} onChange={(count) => count && onChange({ ...rule, after_failures: count })} style={{ width: 120 }} />}
          </Field>
          <Checkbox checked={rule.exact} onChange={(event) => onChange({ ...rule, exact: event.target.checked })}>{t("field.notify.exact")}</Checkbox>
        </div>
      ) : null}
    </Card>
  );
}

function Recipients({ control, value, onChange }: { control: Parameters<Parameters<typeof Field>[0]["children"]>[0]; value: string[]; onChange: (names: string[]) => void }) {
  const { can } = useSession();
  const channels = useQuery({ queryKey: ["task-form", "channels"], queryFn: () => ask(api.GET("/api/v1/group-ai/channels")), enabled: can("channels:read"), staleTime: 10_000 });
  return (
    <Select
      {...control}
      mode="tags"
      tokenSeparators={[",", " ", ";"]}
      value={value}
      onChange={onChange}
      options={(channels.data ?? []).map((each) => ({ value: each.name, label: each.description ? `${each.name} · ${each.description}` : each.name }))}
      style={{ width: "100%" }}
    />
  );
}
