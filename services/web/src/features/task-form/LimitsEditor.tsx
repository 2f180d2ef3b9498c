// What runs share with others: slots, rates, sameness, locks, and which executors may take them.
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Checkbox, Input, InputNumber, Select, Space, Switch } from "antd";
import { type ReactNode, useId } from "react";
import { useTexts } from "@/app/texts";
import { Field, Group } from "./Field";
import { listOf, useForm } from "./form";
import { POLICY } from "./policy-texts";
import { Seconds } from "./Seconds";

const YEAR = 366 * 86_400;
const STRATEGIES = ["queue", "skip", "cancel_oldest", "round_robin"] as const;
const CONFLICTS = ["return_existing", "replace", "reject"] as const;
const STATES = ["incomplete", "scheduled", "all"] as const;
const LOCK_CONFLICTS = ["wait", "skip", "supersede"] as const;

export function LimitsEditor() {
  return (
    <>
      <Concurrency />
      <RateLimit />
      <Unique />
      <Locks />
      <Selector />
    </>
  );
}

function Toggle({ on, onChange, label }: { on: boolean; onChange: (on: boolean) => void; label: string }) {
  const id = useId();
  return (
    <div style={{ display: "flex", gap: 8, alignItems: "center", marginBlockEnd: 12 }}>
      <Switch id={id} checked={on} onChange={onChange} />
      <label htmlFor={id}>{label}</label>
    </div>
  );
}

function Row({ children }: { children: ReactNode }) {
  return <div style={{ display: "grid", columnGap: 16, gridTemplateColumns: "repeat(auto-fill, minmax(min(220px, 100%), 1fr))" }}>{children}</div>;
}

function Concurrency() {
  const t = useTexts(POLICY);
  const { draft, set } = useForm();
  const value = draft.concurrency;
  return (
    <Group pointer="/concurrency" legend={t("field.concurrency")} nested>
      <Toggle on={value !== null} label={t("concurrency.on")} onChange={(on) => set("concurrency", on ? { limit: 1, key: null, strategy: "queue" } : null)} />
      {value ? (
        <Row>
          <Field pointer="/concurrency/limit" label={t("field.concurrency.limit")}>
            {(control) => <InputNumber {...control} min={1} max={10_000} precision={0} value={value.limit} onChange={(limit) => limit && set("concurrency", { ...value, limit })} style={{ width: 140 }} />}
          </Field>
          <Field pointer="/concurrency/strategy" label={t("field.concurrency.strategy")}>
            {(control) => <Select {...control} value={value.strategy} onChange={(strategy) => set("concurrency", { ...value, strategy })} options={STRATEGIES.map((each) => ({ value: each, label: t(`strategy.${each}`) }))} style={{ width: "100%" }} />}
          </Field>
          <Field pointer="/concurrency/key" label={t("field.concurrency.key")} help={t("help.concurrency.key")} style={{ gridColumn: "1 / -1" }}>
            {(control) => <Input {...control} className="mono" value={value.key ?? ""} onChange={(event) => set("concurrency", { ...value, key: event.target.value || null })} />}
          </Field>
        </Row>
      ) : null}
    </Group>
  );
}

function RateLimit() {
  const t = useTexts(POLICY);
  const { draft, set } = useForm();
  const value = draft.rate_limit;
  return (
    <Group pointer="/rate_limit" legend={t("field.rate_limit")} nested>
      <Toggle on={value !== null} label={t("rate.on")} onChange={(on) => set("rate_limit", on ? { limit: 10, period_seconds: 60 } : null)} />
      {value ? (
        <Row>
          <Field pointer="/rate_limit/limit" label={t("field.rate_limit.limit")}>
            {(control) => <InputNumber {...control} min={1} max={1_000_000} precision={0} value={value.limit} onChange={(limit) => limit && set("rate_limit", { ...value, limit })} style={{ width: 140 }} />}
          </Field>
          <Field pointer="/rate_limit/period_seconds" label={t("field.rate_limit.period_seconds")}>
            {(control) => <Seconds control={control} max={YEAR} value={value.period_seconds} onChange={(seconds) => seconds && set("rate_limit", { ...value, period_seconds: seconds })} />}
          </Field>
        </Row>
      ) : null}
    </Group>
  );
}

function Unique() {
  const t = useTexts(POLICY);
  const { draft, set } = useForm();
  const value = draft.unique;
  return (
    <Group pointer="/unique" legend={t("field.unique")} help={t("help.unique")} nested>
      <Toggle on={value !== null} label={t("unique.on")} onChange={(on) => set("unique", on ? { period_seconds: null, fields: ["task", "params"], states: "incomplete", on_conflict: "return_existing" } : null)} />
      {value ? (
        <Row>
          <Group pointer="/unique/fields" legend={t("field.unique.fields")}>
            <Checkbox.Group
              value={listOf(value.fields)}
              onChange={(fields) => set("unique", { ...value, fields: fields as ("task" | "params")[] })}
              options={[{ value: "task", label: t("unique.task") }, { value: "params", label: t("unique.params") }]}
            />
          </Group>
          <Field pointer="/unique/states" label={t("field.unique.states")}>
            {(control) => <Select {...control} value={value.states} onChange={(states) => set("unique", { ...value, states })} options={STATES.map((each) => ({ value: each, label: t(`states.${each}`) }))} style={{ width: "100%" }} />}
          </Field>
          <Field pointer="/unique/period_seconds" label={t("field.unique.period_seconds")}>
            {(control) => <Seconds control={control} max={YEAR} placeholder={t("unique.for_ever")} value={value.period_seconds} onChange={(seconds) => set("unique", { ...value, period_seconds: seconds })} />}
          </Field>
          <Field pointer="/unique/on_conflict" label={t("field.unique.on_conflict")}>
            {(control) => <Select {...control} value={value.on_conflict} onChange={(conflict) => set("unique", { ...value, on_conflict: conflict })} options={CONFLICTS.map((each) => ({ value: each, label: t(`unique.${each}`) }))} style={{ width: "100%" }} />}
          </Field>
        </Row>
      ) : null}
    </Group>
  );
}

function Locks() {
  const t = useTexts(POLICY);
  const { draft, set } = useForm();
  const locks = listOf(draft.locks);
  return (
    <Group pointer="/locks" legend={t("field.locks")} help={t("help.locks")} nested>
      {locks.map((lock, index) => (
        <div key={index} style={{ display: "flex", flexWrap: "wrap", columnGap: 8, alignItems: "flex-start" }}>
          <Field pointer={`/locks/${index}/key`} label={t("field.locks.key")} style={{ flex: "1 1 240px" }}>
            {(control) => <Input {...control} className="mono" value={lock.key} placeholder="account:{{ params.account_id }}" onChange={(event) => set("locks", locks.with(index, { ...lock, key: event.target.value }))} />}
          </Field>
          <Field pointer={`/locks/${index}/on_conflict`} label={t("field.locks.on_conflict")} style={{ flex: "0 1 220px" }}>
            {(control) => <Select {...control} value={lock.on_conflict} onChange={(conflict) => set("locks", locks.with(index, { ...lock, on_conflict: conflict }))} options={LOCK_CONFLICTS.map((each) => ({ value: each, label: t(`lock.${each}`) }))} style={{ width: "100%" }} />}
          </Field>
          <Button icon={<DeleteOutlined />} aria-label={t("lock.remove")} onClick={() => set("locks", locks.toSpliced(index, 1))} style={{ marginBlockStart: 26 }} />
        </div>
      ))}
      <Button icon={<PlusOutlined />} onClick={() => set("locks", [...locks, { key: "", on_conflict: "wait" }])}>{t("lock.add")}</Button>
    </Group>
  );
}

function Selector() {
  const t = useTexts(POLICY);
  const { draft, set } = useForm();
  const labels = Object.entries(draft.selector?.labels ?? {});
  const write = (entries: [string, string][]) => set("selector", entries.length > 0 ? { labels: Object.fromEntries(entries) } : null);
  return (
    <Group pointer="/selector" legend={t("field.selector")} help={t("help.selector")}>
      <Space orientation="vertical" style={{ width: "100%" }}>
        {labels.map(([name, value], index) => (
          <Space.Compact key={index} style={{ width: "100%", maxWidth: 480 }}>
            <Input aria-label={t("label.name")} className="mono" value={name} placeholder="region" onChange={(event) => write(labels.with(index, [event.target.value, value]))} />
            <Input aria-label={t("label.value")} className="mono" value={value} placeholder="tw" onChange={(event) => write(labels.with(index, [name, event.target.value]))} />
            <Button icon={<DeleteOutlined />} aria-label={t("label.remove")} onClick={() => write(labels.toSpliced(index, 1))} />
          </Space.Compact>
        ))}
        <Button icon={<PlusOutlined />} disabled={labels.some(([name]) => name === "")} onClick={() => write([...labels, ["", ""]])}>{t("label.add")}</Button>
      </Space>
    </Group>
  );
}
