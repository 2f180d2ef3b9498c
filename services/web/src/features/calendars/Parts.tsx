// What a calendar is made of: single days, ranges of dates, windows of the week.
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Checkbox, DatePicker, Input, Modal, Space } from "antd";
import dayjs from "dayjs";
import { type ReactNode, useId, useState } from "react";
import { type FieldProblem, problemsAt } from "@/api/problem";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { GrowingText } from "@/components/GrowingText";
import { WORDS } from "@/components/texts";
import { type Day, DAYS, datesIn, dayName, type Window } from "./contents";
import { CALENDARS } from "./texts";

interface Props<Value> {
  value: Value;
  onChange: (value: Value) => void;
  problems: FieldProblem[];
}

export function Holidays({ value, onChange, problems }: Props<string[]>) {
  const t = useTexts(CALENDARS);
  const [pasting, setPasting] = useState(false);
  return (
    <Part title={t("holidays")} help={t("holidays.help")} problems={problemsAt(problems, "/holidays")}>
      <div style={{ display: "flex", flexWrap: "wrap", gap: 8, alignItems: "flex-start" }}>
        <DatePicker
          multiple
          aria-label={t("holidays.pick")}
          placeholder={t("holidays.pick")}
          value={value.map((each) => dayjs(each))}
          onChange={(days) => onChange((days ?? []).map((each) => each.format("YYYY-MM-DD")).sort())}
          maxTagCount="responsive"
          style={{ flex: "1 1 280px", minWidth: 0 }}
        />
        <Button onClick={() => setPasting(true)}>{t("holidays.paste")}</Button>
      </div>
      {pasting ? <PasteDialog onClose={() => setPasting(false)} onAdd={(dates) => onChange([...new Set([...value, ...dates])].sort())} /> : null}
    </Part>
  );
}

function PasteDialog({ onClose, onAdd }: { onClose: () => void; onAdd: (dates: string[]) => void }) {
  const t = useTexts(CALENDARS);
  const words = useTexts(WORDS);
  const [text, setText] = useState("");
  const dates = datesIn(text);
  const add = () => {
    onAdd(dates);
    onClose();
  };
  return (
    <Modal open title={t("paste.title")} onCancel={onClose} cancelText={words("cancel")} okText={t("paste.add")} okButtonProps={{ disabled: dates.length === 0 }} onOk={add}>
      <p>{t("paste.help")}</p>
      <GrowingText aria-label={t("paste.title")} rows={5} most={12} value={text} onChange={(event) => setText(event.target.value)} />
      <p role="status">{t("paste.found", { count: dates.length })}</p>
    </Modal>
  );
}

export function DateRanges({ value, onChange, problems }: Props<{ from: string; to: string }[]>) {
  const t = useTexts(CALENDARS);
  return (
    <Part title={t("dates")} help={t("dates.help")} problems={problems.filter((each) => each.pointer === "/dates")}>
      <Space orientation="vertical" style={{ width: "100%" }}>
        {value.map((each, index) => {
          const own = problemsAt(problems, `/dates/${index}`);
          return (
            <div key={index} role="group" aria-label={t("dates.one", { number: index + 1 })}>
              <div style={{ display: "flex", gap: 8 }}>
                <DatePicker.RangePicker
                  status={own.length > 0 ? "error" : ""}
                  value={each.from && each.to ? [dayjs(each.from), dayjs(each.to)] : null}
                  onChange={(range) => onChange(value.map((other, at) => (at === index ? { from: range?.[0]?.format("YYYY-MM-DD") ?? "", to: range?.[1]?.format("YYYY-MM-DD") ?? "" } : other)))}
                  style={{ flex: "1 1 240px", minWidth: 0 }}
                />
                <Button type="text" icon={<DeleteOutlined />} aria-label={t("dates.remove", { number: index + 1 })} onClick={() => onChange(value.filter((_, at) => at !== index))} />
              </div>
              <Wrong problems={own} />
            </div>
          );
        })}
        <Button size="small" icon={<PlusOutlined />} onClick={() => onChange([...value, { from: "", to: "" }])}>{t("dates.add")}</Button>
      </Space>
    </Part>
  );
}

export function Windows({ value, onChange, problems }: Props<Window[]>) {
  const t = useTexts(CALENDARS);
  const { language } = usePreferences();
  const put = (index: number, changes: Partial<Window>) => onChange(value.map((each, at) => (at === index ? { ...each, ...changes } : each)));
  return (
    <Part title={t("weekly")} help={t("weekly.help")} problems={problems.filter((each) => each.pointer === "/weekly")}>
      <Space orientation="vertical" style={{ width: "100%" }}>
        {value.map((each, index) => (
          <div key={index} role="group" aria-label={t("weekly.one", { number: index + 1 })} style={{ border: "1px solid var(--ant-color-border-secondary)", borderRadius: 8, padding: 12 }}>
            <div style={{ display: "flex", flexWrap: "wrap", gap: 12, alignItems: "center" }}>
              <Checkbox.Group
                aria-label={t("weekly.days")}
                value={each.days}
                onChange={(days) => put(index, { days: DAYS.filter((day) => (days as Day[]).includes(day)) })}
                options={DAYS.map((day) => ({ value: day, label: dayName(day, language) }))}
              />
              <Clock label={t("weekly.from")} value={each.from} onChange={(from) => put(index, { from })} />
              <Clock label={t("weekly.to")} value={each.to} onChange={(to) => put(index, { to })} />
              <Button type="text" icon={<DeleteOutlined />} aria-label={t("weekly.remove", { number: index + 1 })} onClick={() => onChange(value.filter((_, at) => at !== index))} />
            </div>
            <Wrong problems={problemsAt(problems, `/weekly/${index}`)} />
          </div>
        ))}
        <Button size="small" icon={<PlusOutlined />} onClick={() => onChange([...value, { days: ["sat", "sun"], from: "00:00", to: "24:00" }])}>{t("weekly.add")}</Button>
      </Space>
    </Part>
  );
}

/** A time of day as text: pickers know no 24:00. */
function Clock({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const id = useId();
  return (
    <span style={{ display: "inline-flex", gap: 6, alignItems: "center" }}>
      <label htmlFor={id}>{label}</label>
      <Input id={id} className="tabular" value={value} maxLength={5} inputMode="numeric" placeholder="22:00" status={/^([01]\d|2[0-4]):[0-5]\d$/.test(value) ? "" : "error"} onChange={(event) => onChange(event.target.value)} style={{ width: 80 }} />
    </span>
  );
}

function Part({ title, help, problems, children }: { title: string; help: string; problems: FieldProblem[]; children: ReactNode }) {
  return (
    <section style={{ marginBlockEnd: 16 }}>
      <h3 style={{ fontSize: 15, margin: 0 }}>{title}</h3>
      <p style={{ margin: "2px 0 8px", color: "var(--ant-color-text-description)" }}>{help}</p>
      {children}
      <Wrong problems={problems} />
    </section>
  );
}

function Wrong({ problems }: { problems: FieldProblem[] }) {
  return problems.map((each, index) => <div key={index} role="alert" style={{ color: "var(--ant-color-error)" }}>{each.detail}</div>);
}
