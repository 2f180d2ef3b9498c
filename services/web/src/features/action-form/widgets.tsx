// One control for each kind of plain value. What is wrong colours them through Ant Design's form item.
import type { RegistryWidgetsType, WidgetProps } from "@rjsf/utils";
import { Input, InputNumber, Select, Switch } from "antd";
import { lazy, Suspense } from "react";
import { useTexts } from "@/app/texts";
import { CodeEditor } from "@/components/CodeEditor";
import { GrowingText } from "@/components/GrowingText";
import { Program } from "./Pairs";
import { ListPicker, SecretPicker, SinglePicker } from "./Pickers";
import { ACTIONS } from "./texts";
import { CronControl, TaskControl, ZoneControl } from "./TimeControls";
import type { Hints } from "./uiSchema";
import type { Listed } from "./useActions";

const EventSubject = lazy(() => import("./EventControls").then((module) => ({ default: module.EventSubject })));
const EventCondition = lazy(() => import("./EventControls").then((module) => ({ default: module.EventCondition })));

const FULL = { width: "100%" };

function TextWidget({ id, options, value, onChange }: WidgetProps) {
  const { maxLength, required } = hinted(options);
  return <Input id={id} value={texted(value)} placeholder={fallbackOf(hinted(options))} {...(maxLength === null ? {} : { maxLength })} allowClear={!required} onChange={(event) => onChange(event.target.value)} />;
}

function TextareaWidget({ id, options, value, onChange }: WidgetProps) {
  return <GrowingText id={id} rows={2} most={12} value={texted(value)} placeholder={fallbackOf(hinted(options))} onChange={(event) => onChange(event.target.value)} spellCheck={false} className="mono" />;
}

function CodeWidget({ options, label, value, onChange }: WidgetProps) {
  return <CodeEditor language={(hinted(options).language ?? "text") as "sql" | "yaml" | "python" | "text"} label={label} value={texted(value)} onChange={onChange} height="140px" />;
}

function NumberWidget({ id, options, value, onChange }: WidgetProps) {
  const { minimum, maximum, integer } = hinted(options);
  return (
    <InputNumber
      id={id}
      value={typeof value === "number" ? value : null}
      placeholder={fallbackOf(hinted(options))}
      {...(minimum === null ? {} : { min: minimum })}
      {...(maximum === null ? {} : { max: maximum })}
      {...(integer ? { precision: 0 } : {})}
      onChange={(number) => onChange(number ?? undefined)}
      style={{ width: "100%", maxWidth: 240 }}
    />
  );
}

function SwitchWidget({ id, options, label, value, onChange }: WidgetProps) {
  return <Switch id={id} aria-label={label} checked={typeof value === "boolean" ? value : hinted(options).otherwise === true} onChange={(checked) => onChange(checked)} />;
}

function ChoiceWidget({ id, options, value, onChange }: WidgetProps) {
  const { choices, otherwise, required } = hinted(options);
  const chosen = value === undefined || value === null ? null : String(value);
  return (
    <Select
      id={id}
      value={chosen}
      placeholder={choices.find((each) => each.value === String(otherwise))?.label}
      allowClear={!required && chosen !== null && chosen !== String(otherwise)}
      onChange={(choice: string | undefined) => onChange(choices.find((each) => each.value === choice)?.raw)}
      options={choices.map((each) => ({ value: each.value, label: each.label === each.value ? each.value : `${each.label}（${each.value}）` }))}
      popupMatchSelectWidth={false}
      style={FULL}
    />
  );
}

function TextsWidget({ id, value, onChange }: WidgetProps) {
  const t = useTexts(ACTIONS);
  return <Select id={id} mode="tags" open={false} suffixIcon={null} value={listed(value)} placeholder={t("texts.placeholder")} onChange={(all: string[]) => onChange(all)} tokenSeparators={[","]} style={FULL} />;
}

function CodesWidget({ id, options, value, onChange }: WidgetProps) {
  return <Select id={id} mode="tags" open={false} suffixIcon={null} value={listed(value)} placeholder={listed(hinted(options).otherwise).join(", ")} onChange={(all: string[]) => onChange(all.map(codeOf))} tokenSeparators={[",", " "]} style={FULL} />;
}

function ListWidget({ id, options, value, onChange }: WidgetProps) {
  return <ListPicker id={id} listed={hinted(options).kind as Listed} value={listed(value)} onChange={onChange} invalid={false} />;
}

function SecretWidget({ id, value, onChange }: WidgetProps) {
  return <SecretPicker id={id} value={texted(value)} onChange={onChange} invalid={false} />;
}

function RuleWidget({ id, value, onChange }: WidgetProps) {
  const t = useTexts(ACTIONS);
  return <SinglePicker id={id} listed="alert-rules" value={texted(value)} onChange={onChange} invalid={false} placeholder={t("pick.rule")} />;
}

function ScriptWidget({ id, value, onChange }: WidgetProps) {
  const t = useTexts(ACTIONS);
  return <SinglePicker id={id} listed="scripts" value={texted(value)} onChange={onChange} invalid={false} placeholder={t("pick.script")} />;
}

function ProgramWidget({ label, value, onChange }: WidgetProps) {
  return <Program value={listed(value)} onChange={onChange} label={label} />;
}

function SubjectWidget({ id, value, onChange }: WidgetProps) {
  return <Suspense fallback={<Input disabled />}><EventSubject id={id} value={texted(value)} onChange={onChange} invalid={false} /></Suspense>;
}

function ConditionWidget({ value, onChange }: WidgetProps) {
  return <Suspense fallback={<Input disabled />}><EventCondition value={texted(value)} onChange={onChange} /></Suspense>;
}

function CronWidget({ id, options, value, onChange }: WidgetProps) {
  return <CronControl id={id} value={texted(value)} onChange={onChange} invalid={false} fallback={fallbackOf(hinted(options))} />;
}

function ZoneWidget({ id, options, value, onChange }: WidgetProps) {
  return <ZoneControl id={id} value={texted(value)} onChange={onChange} invalid={false} fallback={fallbackOf(hinted(options))} />;
}

function TaskWidget({ id, value, onChange }: WidgetProps) {
  return <TaskControl id={id} value={texted(value)} onChange={onChange} invalid={false} />;
}

/** By the kinds of `kinds.ts`. */
export const WIDGETS: RegistryWidgetsType = {
  text: TextWidget,
  textarea: TextareaWidget,
  code: CodeWidget,
  number: NumberWidget,
  boolean: SwitchWidget,
  choice: ChoiceWidget,
  texts: TextsWidget,
  codes: CodesWidget,
  secret: SecretWidget,
  accounts: ListWidget,
  "account-tags": ListWidget,
  "account-groups": ListWidget,
  "alert-rules": ListWidget,
  "alert-rule": RuleWidget,
  script: ScriptWidget,
  program: ProgramWidget,
  "event-subject": SubjectWidget,
  condition: ConditionWidget,
  cron: CronWidget,
  "time-zone": ZoneWidget,
  task: TaskWidget,
};

function hinted(options: WidgetProps["options"]): Hints {
  return options as unknown as Hints;
}

/** What an empty field shows: what would hold, or an example. */
export function fallbackOf(hints: Hints | undefined): string {
  const otherwise = hints?.otherwise;
  return typeof otherwise === "string" || typeof otherwise === "number" ? String(otherwise) : (hints?.example ?? "");
}

function texted(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function listed(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** "200" is a number, "200-299" stays a text. */
export function codeOf(word: string): number | string {
  return /^\d{1,15}$/.test(word) ? Number(word) : word;
}
