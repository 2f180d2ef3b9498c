// Fields of the forms about alerts: times with a unit, pairs of names and texts.
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Input, InputNumber, Select, Space } from "antd";
import { useState } from "react";
import { useTexts } from "@/app/texts";
import { GrowingText } from "@/components/GrowingText";
import { RULES } from "./rule-texts";
import { type Pair, unitOf } from "./rules";

const UNITS = [
  { seconds: 1, name: "unit.s" },
  { seconds: 60, name: "unit.min" },
  { seconds: 3_600, name: "unit.h" },
  { seconds: 86_400, name: "unit.d" },
] as const;

export interface DurationInputProps {
  id?: string;
  value?: number;
  onChange?: (seconds: number) => void;
  min?: number;
  max?: number;
  label: string;
  disabled?: boolean;
}

/** Seconds, written in whichever unit is the shortest. */
export function DurationInput({ id, value = 0, onChange, min = 0, max, label, disabled = false }: DurationInputProps) {
  const t = useTexts(RULES);
  const [unit, setUnit] = useState(() => unitOf(value));
  const shown = value % unit === 0 ? unit : unitOf(value);
  return (
    <Space.Compact>
      <InputNumber
        {...(id ? { id } : {})}
        aria-label={label}
        disabled={disabled}
        min={min / shown}
        {...(max === undefined ? {} : { max: max / shown })}
        value={value / shown}
        onChange={(count) => onChange?.(Math.round((count ?? min / shown) * shown))}
        style={{ width: 90 }}
      />
      <Select
        aria-label={`${label} ${t("unit.label")}`}
        disabled={disabled}
        value={shown}
        onChange={(chosen) => {
          setUnit(chosen);
          onChange?.(Math.round((value / shown) * chosen));
        }}
        options={UNITS.map((each) => ({ value: each.seconds, label: t(each.name) }))}
        style={{ width: 96 }}
      />
    </Space.Compact>
  );
}

export interface PairsProps {
  value?: Pair[];
  onChange?: (pairs: Pair[]) => void;
  label: string;
  /** Texts are long. */
  long?: boolean;
  /** Names that one may want. */
  example?: string;
  disabled?: boolean;
}

export function Pairs({ value = [], onChange, label, long = false, example = "", disabled = false }: PairsProps) {
  const t = useTexts(RULES);
  const put = (index: number, changes: Partial<Pair>) => onChange?.(value.map((each, at) => (at === index ? { ...each, ...changes } : each)));
  const taken = value.some((each) => each.name === example);
  return (
    <div role="group" aria-label={label} style={{ display: "grid", gap: 8 }}>
      {value.map((pair, index) => (
        <div key={index} style={{ display: "flex", flexWrap: "wrap", gap: 8 }}>
          <Input aria-label={t("pair.name")} placeholder={t("pair.name")} disabled={disabled} value={pair.name} maxLength={63} onChange={(event) => put(index, { name: event.target.value })} style={{ flex: "1 1 120px" }} />
          {long ? (
            <GrowingText aria-label={t("pair.value")} placeholder={t("pair.value")} disabled={disabled} most={5} value={pair.value} maxLength={2_000} onChange={(event) => put(index, { value: event.target.value })} style={{ flex: "3 1 220px" }} />
          ) : (
            <Input aria-label={t("pair.value")} placeholder={t("pair.value")} disabled={disabled} value={pair.value} maxLength={1_024} onChange={(event) => put(index, { value: event.target.value })} style={{ flex: "2 1 160px" }} />
          )}
          <Button aria-label={t("pair.remove", { name: pair.name || String(index + 1) })} icon={<DeleteOutlined />} type="text" disabled={disabled} onClick={() => onChange?.(value.filter((_, at) => at !== index))} />
        </div>
      ))}
      <Button type="dashed" size="small" icon={<PlusOutlined />} disabled={disabled} onClick={() => onChange?.([...value, { name: taken ? "" : example, value: "" }])} style={{ justifySelf: "start" }}>
        {t("pair.add")}
      </Button>
    </div>
  );
}
