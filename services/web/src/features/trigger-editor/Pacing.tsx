// How often a trigger fires: what is counted, dropped, collected, waited for and spaced, in the order in which the
// engine applies it. Each part says what it does, and is there only if somebody switched it on.
import { Form, InputNumber, Segmented, Select, Switch } from "antd";
import { type ReactNode, useId } from "react";
import { type FieldProblem, problemsAt } from "@/api/problem";
import { useTexts } from "@/app/texts";
import { type Config, changed, listOf, numberOf, objectOf, textOf } from "./config";
import { TRIGGER } from "./texts";
import type { FieldSeen } from "./useEvents";

interface Props {
  value: Config;
  onChange: (value: Config) => void;
  problems: FieldProblem[];
  fields: FieldSeen[];
}

const DEFAULT_WITHIN = 60;
const MONTH = 2_592_000;

export function Pacing({ value, onChange, problems, fields }: Props) {
  const t = useTexts(TRIGGER);
  const put = (changes: Config) => onChange(changed(value, changes));
  const proactive = value.posture === "proactive";
  const counts = proactive || numberOf(value, "threshold") !== null || numberOf(value, "within_seconds") !== null;
  const paths = fields.flatMap((each) => (each.path ? [each.path] : []));
  const number = (key: string, label: string, most: number, otherwise: number) => (
    <Count label={label} value={numberOf(value, key) ?? otherwise} most={most} problems={problemsAt(problems, `/${key}`)} onChange={(count) => put({ [key]: count })} />
  );
  return (
    <div style={{ display: "grid", gap: 8 }}>
      <div style={{ display: "flex", flexWrap: "wrap", gap: 12, alignItems: "center" }}>
        <span>{t("posture.label")}</span>
        <Segmented
          aria-label={t("posture.label")}
          value={proactive ? "proactive" : "reactive"}
          onChange={(posture) => put(posture === "proactive" ? { posture, within_seconds: numberOf(value, "within_seconds") ?? DEFAULT_WITHIN, batch: null, debounce_seconds: null, debounce_timeout_seconds: null } : { posture: null })}
          options={[{ value: "reactive", label: t("posture.reactive") }, { value: "proactive", label: t("posture.proactive") }]}
        />
        <span style={{ color: "var(--ant-color-text-description)" }}>{t("posture.help")}</span>
      </div>
      <Part name={t("threshold.title")} help={t("threshold.help")} on={counts} locked={proactive} onSwitch={(on) => put(on ? { threshold: 3, within_seconds: DEFAULT_WITHIN } : { threshold: null, within_seconds: null })}>
        {number("threshold", t("threshold.count"), 10_000, 1)}
        {number("within_seconds", t("threshold.within"), MONTH, DEFAULT_WITHIN)}
      </Part>
      <Part name={t("each.title")} help={t("each.help")} on={"for_each" in value} onSwitch={(on) => onChange(on ? { ...value, for_each: [] } : changed(value, { for_each: null }))}>
        <Form.Item layout="vertical" validateStatus={problemsAt(problems, "/for_each").length > 0 ? "error" : ""} help={problemsAt(problems, "/for_each")[0]?.detail} style={{ margin: 0, flex: "1 1 240px" }}>
          <Select aria-label={t("each.title")} mode="tags" placeholder={t("each.placeholder")} value={listOf(value, "for_each")} onChange={(each: string[]) => onChange({ ...value, for_each: each })} options={paths.map((path) => ({ value: path }))} />
        </Form.Item>
      </Part>
      <LimitPart field="rate_limit" name={t("rate.title")} help={t("rate.help")} value={value} onChange={onChange} problems={problems} paths={paths} />
      {proactive ? null : (
        <Part name={t("batch.title")} help={t("batch.help")} on={objectOf(value, "batch") !== null} onSwitch={(on) => put(on ? { batch: { max_size: 100, timeout_seconds: 10 }, debounce_seconds: null, debounce_timeout_seconds: null } : { batch: null })}>
          <Nested value={value} field="batch" onChange={onChange} problems={problems} paths={paths} numbers={[["max_size", t("batch.size"), 1_000], ["timeout_seconds", t("batch.timeout"), MONTH]]} />
        </Part>
      )}
      {proactive || objectOf(value, "batch") ? null : (
        <Part name={t("debounce.title")} help={t("debounce.help")} on={numberOf(value, "debounce_seconds") !== null} onSwitch={(on) => put(on ? { debounce_seconds: 30 } : { debounce_seconds: null, debounce_timeout_seconds: null })}>
          {number("debounce_seconds", t("debounce.seconds"), MONTH, 30)}
          <Count label={t("debounce.timeout")} value={numberOf(value, "debounce_timeout_seconds")} most={MONTH} problems={problemsAt(problems, "/debounce_timeout_seconds")} onChange={(count) => put({ debounce_timeout_seconds: count })} optional />
        </Part>
      )}
      <LimitPart field="throttle" name={t("throttle.title")} help={t("throttle.help")} value={value} onChange={onChange} problems={problems} paths={paths} />
    </div>
  );
}

function LimitPart({ field, name, help, value, onChange, problems, paths }: Omit<Props, "fields"> & { field: string; name: string; help: string; paths: string[] }) {
  const t = useTexts(TRIGGER);
  return (
    <Part name={name} help={help} on={objectOf(value, field) !== null} onSwitch={(on) => onChange(changed(value, { [field]: on ? { limit: 10, period_seconds: 60 } : null }))}>
      <Nested value={value} field={field} onChange={onChange} problems={problems} paths={paths} numbers={[["limit", t("limit.count"), 1_000], ["period_seconds", t("limit.period"), MONTH]]} />
    </Part>
  );
}

function Nested({ value, field, onChange, problems, paths, numbers }: Omit<Props, "fields"> & { field: string; paths: string[]; numbers: [string, string, number][] }) {
  const t = useTexts(TRIGGER);
  const inner = objectOf(value, field) ?? {};
  const put = (changes: Config) => onChange({ ...value, [field]: changed(inner, changes) });
  return (
    <>
      {numbers.map(([key, label, most]) => (
        <Count key={key} label={label} value={numberOf(inner, key)} most={most} problems={problemsAt(problems, `/${field}/${key}`)} onChange={(count) => put({ [key]: count })} />
      ))}
      <Form.Item layout="vertical" label={t("limit.key")} validateStatus={problemsAt(problems, `/${field}/key`).length > 0 ? "error" : ""} help={problemsAt(problems, `/${field}/key`)[0]?.detail} style={{ margin: 0, flex: "1 1 200px" }}>
        <Select aria-label={t("limit.key")} allowClear showSearch placeholder={t("each.placeholder")} value={textOf(inner, "key") || null} onChange={(key: string | null) => put({ key: key ?? null })} options={paths.map((path) => ({ value: path }))} style={{ minWidth: 160 }} />
      </Form.Item>
    </>
  );
}

function Part({ name, help, on, locked = false, onSwitch, children }: { name: string; help: string; on: boolean; locked?: boolean; onSwitch: (on: boolean) => void; children: ReactNode }) {
  const t = useTexts(TRIGGER);
  return (
    <section aria-label={name} style={{ padding: "8px 12px", borderRadius: 8, border: "1px solid var(--ant-color-border-secondary)" }}>
      <div style={{ display: "flex", gap: 12, alignItems: "center", flexWrap: "wrap" }}>
        <Switch size="small" checked={on} disabled={locked} aria-label={t("pace.on", { name })} onChange={onSwitch} />
        <strong>{name}</strong>
        <span style={{ color: "var(--ant-color-text-description)", flex: "1 1 240px" }}>{help}</span>
      </div>
      {on ? <div style={{ display: "flex", flexWrap: "wrap", gap: 12, marginBlockStart: 8 }}>{children}</div> : null}
    </section>
  );
}

function Count({ label, value, most, problems, onChange, optional = false }: { label: string; value: number | null; most: number; problems: FieldProblem[]; onChange: (count: number | null) => void; optional?: boolean }) {
  const id = useId();
  return (
    <Form.Item layout="vertical" label={label} htmlFor={id} validateStatus={problems.length > 0 ? "error" : ""} help={problems[0]?.detail} style={{ margin: 0 }}>
      <InputNumber id={id} min={1} max={most} precision={0} value={value} onChange={(count) => (count === null && !optional ? undefined : onChange(count))} style={{ width: 140 }} />
    </Form.Item>
  );
}
