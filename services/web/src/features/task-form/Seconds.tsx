// A length of time, entered in the unit one thinks in; what is kept is seconds.
import { InputNumber, Select, Space } from "antd";
import { useState } from "react";
import { useTexts } from "@/app/texts";
import type { Control } from "./Field";
import { POLICY } from "./policy-texts";

const UNITS = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 } as const;
type Unit = keyof typeof UNITS;

export interface SecondsProps {
  control: Control;
  value: number | null;
  onChange: (value: number | null) => void;
  min?: number;
  max: number;
  placeholder?: string;
  /** What is entered may be a fraction of a second. */
  fractions?: boolean;
}

export function Seconds({ control, value, onChange, min = 1, max, placeholder, fractions = false }: SecondsProps) {
  const t = useTexts(POLICY);
  const [chosen, setChosen] = useState<Unit | null>(null);
  const unit = chosen ?? fitting(value);
  const length = UNITS[unit];
  return (
    <Space.Compact style={{ maxWidth: 280, width: "100%" }}>
      <InputNumber
        {...control}
        value={value === null ? null : value / length}
        min={min / length}
        max={max / length}
        {...(fractions || length > 1 ? {} : { precision: 0 })}
        {...(placeholder ? { placeholder } : {})}
        style={{ width: "100%" }}
        onChange={(entered) => onChange(entered === null ? null : fractions ? entered * length : Math.round(entered * length))}
      />
      <Select<Unit>
        aria-label={t("unit")}
        value={unit}
        onChange={(next) => {
          setChosen(next);
          // Five minutes become five hours: the number stands, as it does for anybody who changes a unit.
          if (value !== null) onChange(Math.min(Math.max((value / length) * UNITS[next], min), max));
        }}
        options={(Object.keys(UNITS) as Unit[]).map((each) => ({ value: each, label: t(`unit.${each}`) }))}
        style={{ width: 104 }}
      />
    </Space.Compact>
  );
}

/** The largest unit in which the value is a whole number. */
function fitting(value: number | null): Unit {
  if (!value) return "seconds";
  const units = (Object.keys(UNITS) as Unit[]).toReversed();
  return units.find((unit) => value % UNITS[unit] === 0) ?? "seconds";
}
