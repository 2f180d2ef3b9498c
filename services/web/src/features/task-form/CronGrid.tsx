// A cron expression as grids of numbers to click: minute, hour, day, month, weekday. What is clicked writes one field
// anew; the others stay as they were written.
import { CloseOutlined } from "@ant-design/icons";
import { Button, Select, Switch } from "antd";
import { useId, useRef, useState } from "react";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { Help } from "./Field";
import { type CronFieldName, type Explained, expected, type FieldValue, RANGES, withField, withSeconds } from "./schedule";
import { SCHEDULE, WEEKDAYS } from "./schedule-texts";
import { useExplained } from "./useExplained";

const STEPS: Partial<Record<CronFieldName, number[]>> = { second: [10, 15, 30], minute: [5, 10, 15, 30], hour: [2, 3, 4, 6, 12] };
const COLUMNS: Record<CronFieldName, number> = { second: 10, minute: 10, hour: 12, day: 7, month: 6, weekday: 7 };
const NTHS = [1, 2, 3, 4, 5, -1] as const;

export function CronGrid({ cron, dayOr, onChange }: { cron: string; dayOr: boolean; onChange: (cron: string) => void }) {
  const t = useTexts(SCHEDULE);
  const { explained, expect } = useExplained(cron, dayOr);
  const id = useId();
  if (!explained) return <Help>{t("grid.waiting")}</Help>;
  const fields: CronFieldName[] = explained.has_seconds ? ["second", "minute", "hour", "day", "month", "weekday"] : ["minute", "hour", "day", "month", "weekday"];
  const change = (name: CronFieldName, value: FieldValue) => {
    const next = expected(explained, name, value);
    expect(next);
    onChange(withField(explained, name, value));
  };
  return (
    <>
      <Help>{t("grid.help")}</Help>
      {fields.map((name) => (
        <FieldGrid key={name} name={name} explained={explained} onChange={(value) => change(name, value)} />
      ))}
      <div style={{ display: "flex", gap: 8, alignItems: "center" }}>
        <Switch id={id} checked={explained.has_seconds} onChange={(on) => onChange(withSeconds(explained, on))} />
        <label htmlFor={id}>{t("grid.seconds")}</label>
      </div>
    </>
  );
}

function FieldGrid({ name, explained, onChange }: { name: CronFieldName; explained: Explained; onChange: (value: FieldValue) => void }) {
  const t = useTexts(SCHEDULE);
  const field = explained.fields[name];
  const { low, high } = RANGES[name];
  const label = useLabel(name);
  const anchor = useRef<number | null>(null);
  const order = name === "weekday" ? [1, 2, 3, 4, 5, 6, 0] : Array.from({ length: high - low + 1 }, (_, index) => low + index);
  // Nothing chosen and everything chosen are both "any"; only the chosen numbers are shown pressed.
  const chosen = new Set(field.starred ? [] : field.values);
  const write = (values: Iterable<number>) => onChange({ values: [...values], last_day: field.last_day, nth: field.nth });
  const press = (number: number, range: boolean) => {
    const next = new Set(chosen);
    const from = anchor.current;
    if (range && from !== null) {
      const [a, b] = [order.indexOf(from), order.indexOf(number)].sort((x, y) => x - y);
      order.slice(a, (b ?? 0) + 1).forEach((each) => next.add(each));
    } else if (!next.delete(number)) next.add(number);
    anchor.current = number;
    write(next);
  };
  const isAny = field.starred && !field.last_day && field.nth.length === 0;
  return (
    <fieldset style={{ marginBlock: "12px" }}>
      <legend style={{ padding: 0, marginBlockEnd: 4, fontSize: 14 }}>
        <b>{t(`field.${name}`)}</b> <code>{field.text}</code>
      </legend>
      <div style={{ display: "flex", flexWrap: "wrap", gap: 4, marginBlockEnd: 4 }}>
        <Button size="small" type={isAny ? "primary" : "default"} aria-pressed={isAny} onClick={() => onChange({ values: [], last_day: false, nth: [] })}>{t("grid.any")}</Button>
        {(STEPS[name] ?? []).map((step) => (
          <Button key={step} size="small" type={field.text === `*/${step}` ? "primary" : "default"} aria-pressed={field.text === `*/${step}`} onClick={() => write(order.filter((each) => each % step === 0))}>
            {t("grid.every", { step })}
          </Button>
        ))}
        {name === "day" ? (
          <Button size="small" type={field.last_day ? "primary" : "default"} aria-pressed={field.last_day} onClick={() => onChange({ values: [...chosen], last_day: !field.last_day, nth: [] })}>{t("grid.lastDay")}</Button>
        ) : null}
      </div>
      <div role="group" aria-label={t("grid.field", { field: t(`field.${name}`), text: field.text })} style={{ display: "grid", gap: 3, gridTemplateColumns: `repeat(${COLUMNS[name]}, minmax(26px, 1fr))`, maxWidth: COLUMNS[name] * (name === "month" || name === "weekday" ? 64 : 44) }}>
        {order.map((number) => {
          const pressed = chosen.has(number);
          return (
            <button
              key={number}
              type="button"
              aria-pressed={pressed}
              onClick={(event) => press(number, event.shiftKey)}
              className="tabular"
              style={{
                minHeight: 28, padding: 0, borderRadius: 6, cursor: "pointer", font: "inherit", fontSize: 13, border: "1px solid",
                borderColor: pressed ? "var(--ant-color-primary)" : "var(--ant-color-border-secondary)",
                background: pressed ? "var(--ant-color-primary)" : isAny ? "var(--ant-control-item-bg-active)" : "var(--ant-color-bg-container)",
                color: pressed ? "var(--ant-color-text-light-solid)" : "var(--ant-color-text)",
              }}
            >
              {label(number)}
            </button>
          );
        })}
      </div>
      {name === "weekday" ? <NthWeekdays field={field} onChange={(nth) => onChange({ values: [...chosen], last_day: false, nth })} /> : null}
    </fieldset>
  );
}

function useLabel(name: CronFieldName): (number: number) => string {
  const { language } = usePreferences();
  const day = useTexts(WEEKDAYS);
  if (name === "weekday") return (number) => day(`${number}` as keyof typeof WEEKDAYS);
  if (name === "month") {
    const format = new Intl.DateTimeFormat(language, { month: "short", timeZone: "UTC" });
    return (number) => format.format(Date.UTC(2026, number - 1));
  }
  return String;
}

type Nth = FieldValue["nth"][number];

function NthWeekdays({ field, onChange }: { field: FieldValue; onChange: (nth: Nth[]) => void }) {
  const t = useTexts(SCHEDULE);
  const day = useTexts(WEEKDAYS);
  const [nth, setNth] = useState<number>(1);
  const [weekday, setWeekday] = useState(1);
  const nameOf = (each: Nth) => `${t(`nth.${each.nth}` as "nth.1")} ${day(`${each.weekday}` as keyof typeof WEEKDAYS)}`;
  return (
    <div style={{ display: "flex", flexWrap: "wrap", gap: 6, alignItems: "center", marginBlockStart: 6 }}>
      <span>{t("grid.nth")}</span>
      <Select aria-label={t("grid.nth.which")} value={nth} onChange={setNth} options={NTHS.map((each) => ({ value: each, label: t(`nth.${each}`) }))} style={{ width: 100 }} />
      <Select aria-label={t("grid.nth.weekday")} value={weekday} onChange={setWeekday} options={[1, 2, 3, 4, 5, 6, 0].map((each) => ({ value: each, label: day(`${each}` as keyof typeof WEEKDAYS) }))} style={{ width: 84 }} />
      <Button size="small" disabled={field.nth.some((each) => each.nth === nth && each.weekday === weekday)} onClick={() => onChange([...field.nth, { weekday, nth }])}>{t("grid.nth.add")}</Button>
      {field.nth.map((each, index) => (
        <Button key={index} size="small" type="primary" icon={<CloseOutlined />} iconPlacement="end" aria-label={t("grid.remove", { name: nameOf(each) })} onClick={() => onChange(field.nth.toSpliced(index, 1))}>
          {nameOf(each)}
        </Button>
      ))}
    </div>
  );
}
