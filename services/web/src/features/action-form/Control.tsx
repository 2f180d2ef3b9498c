// One control for each kind of field.
import { AutoComplete, Input, InputNumber, Select, Switch } from "antd";
import { lazy, Suspense } from "react";
import type { FieldProblem } from "@/api/problem";
import { useTexts } from "@/app/texts";
import { CodeEditor } from "@/components/CodeEditor";
import { GrowingText } from "@/components/GrowingText";
import { JsonValueEditor } from "./JsonEditor";
import { KeyValue, Program, SecretMap } from "./Pairs";
import { ListPicker, SecretPicker, SinglePicker } from "./Pickers";
import { CronControl, TaskControl, ZoneControl } from "./TimeControls";
import type { Spec } from "./spec";
import { ACTIONS } from "./texts";

const EventSubject = lazy(() => import("./EventControls").then((module) => ({ default: module.EventSubject })));
const EventCondition = lazy(() => import("./EventControls").then((module) => ({ default: module.EventCondition })));

export interface ControlProps {
  id: string;
  spec: Spec;
  value: unknown;
  onChange: (value: unknown) => void;
  invalid: boolean;
  problems: FieldProblem[];
  pointer: string;
}

export function Control(props: ControlProps) {
  const { id, spec, value, onChange, invalid } = props;
  const t = useTexts(ACTIONS);
  const status = invalid ? "error" : "";
  const text = typeof value === "string" ? value : "";
  const fallback = typeof spec.default === "string" || typeof spec.default === "number" ? String(spec.default) : (spec.example ?? "");
  switch (spec.kind) {
    case "textarea":
      return <GrowingText id={id} status={status} rows={2} most={12} value={text} placeholder={fallback} onChange={(event) => onChange(event.target.value)} spellCheck={false} className="mono" />;
    case "sql":
      return <CodeEditor language="sql" label={spec.title} value={text} onChange={onChange} height="140px" />;
    case "number":
      return (
        <InputNumber
          id={id}
          status={status}
          value={typeof value === "number" ? value : null}
          placeholder={fallback}
          {...(spec.minimum === null ? {} : { min: spec.minimum })}
          {...(spec.maximum === null ? {} : { max: spec.maximum })}
          {...(spec.integer ? { precision: 0 } : {})}
          onChange={(number) => onChange(number ?? undefined)}
          style={{ width: "100%", maxWidth: 240 }}
        />
      );
    case "boolean":
      return <Switch id={id} aria-label={spec.title} checked={typeof value === "boolean" ? value : spec.default === true} onChange={onChange} />;
    case "choice":
      return <ChoiceControl {...props} />;
    case "texts":
      return <Select id={id} status={status} mode="tags" open={false} suffixIcon={null} value={strings(value)} placeholder={t("texts.placeholder")} onChange={onChange} tokenSeparators={[","]} style={{ width: "100%" }} />;
    case "codes":
      return <Select id={id} status={status} mode="tags" open={false} suffixIcon={null} value={codes(value)} placeholder={codes(spec.default).join(", ")} onChange={(all: string[]) => onChange(all.map(codeOf))} tokenSeparators={[",", " "]} style={{ width: "100%" }} />;
    case "either":
      return <AutoComplete id={id} status={status} value={value === undefined || value === null ? "" : String(value)} placeholder={fallback} options={typeof spec.default === "string" ? [{ value: spec.default }] : []} onChange={(word: string) => onChange(codeOf(word))} allowClear />;
    case "secret":
      return <SecretPicker id={id} value={text} onChange={onChange} invalid={invalid} />;
    case "secrets":
      return <SecretMap value={value} onChange={onChange} label={spec.title} />;
    case "key-value":
      return <KeyValue value={value} onChange={onChange} label={spec.title} />;
    case "json":
      return <JsonValueEditor value={value} onChange={onChange} label={spec.title} />;
    case "accounts":
    case "account-tags":
    case "account-groups":
    case "alert-rules":
      return <ListPicker id={id} listed={spec.kind} value={strings(value)} onChange={onChange} invalid={invalid} />;
    case "alert-rule":
      return <SinglePicker id={id} listed="alert-rules" value={text} onChange={onChange} invalid={invalid} placeholder={t("pick.rule")} />;
    case "script":
      return <SinglePicker id={id} listed="scripts" value={text} onChange={onChange} invalid={invalid} placeholder={t("pick.script")} />;
    case "program":
      return <Program value={strings(value)} onChange={onChange} label={spec.title} />;
    case "event-subject":
      return <Suspense fallback={<Input disabled />}><EventSubject id={id} value={text} onChange={onChange} invalid={invalid} /></Suspense>;
    case "condition":
      return <Suspense fallback={<Input disabled />}><EventCondition value={text} onChange={onChange} /></Suspense>;
    case "cron":
      return <CronControl id={id} value={text} onChange={onChange} invalid={invalid} fallback={fallback} />;
    case "time-zone":
      return <ZoneControl id={id} value={text} onChange={onChange} invalid={invalid} fallback={fallback} />;
    case "task":
      return <TaskControl id={id} value={text} onChange={onChange} invalid={invalid} />;
    default:
      return <Input id={id} status={status} value={text} placeholder={fallback} {...(spec.maxLength === null ? {} : { maxLength: spec.maxLength })} allowClear={!spec.required} onChange={(event) => onChange(event.target.value)} />;
  }
}

function ChoiceControl({ id, spec, value, onChange, invalid }: ControlProps) {
  const chosen = typeof value === "string" || typeof value === "number" ? String(value) : null;
  const otherwise = spec.choices.find((each) => each.value === String(spec.default));
  return (
    <Select
      id={id}
      status={invalid ? "error" : ""}
      value={chosen}
      placeholder={otherwise?.label}
      allowClear={!spec.required && chosen !== null && chosen !== String(spec.default)}
      onChange={(choice: string | undefined) => onChange(choice)}
      options={spec.choices.map((each) => ({ value: each.value, label: each.label === each.value ? each.value : `${each.label}（${each.value}）` }))}
      popupMatchSelectWidth={false}
      style={{ width: "100%" }}
    />
  );
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
}

function codes(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** "200" is a number, "200-299" stays a text. */
function codeOf(word: string): number | string {
  return /^\d{1,15}$/.test(word) ? Number(word) : word;
}
