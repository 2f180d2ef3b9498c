// A fixed distance in real time.
import { InputNumber, Select, Space } from "antd";
import { useTexts } from "@/app/texts";
import { Field } from "./Field";
import type { Config } from "./fields";
import { INTERVAL_UNITS, intervalOf, type IntervalUnit, mostOf } from "./schedule";
import { SCHEDULE } from "./schedule-texts";

export function IntervalView({ config, onChange }: { config: Config; onChange: (rule: Config) => void }) {
  const t = useTexts(SCHEDULE);
  const { count, unit } = intervalOf(config);
  return (
    <Field pointer={`/schedule_config/interval_${unit}`} label={t("interval.count")} help={t("interval.help")}>
      {(control) => (
        <Space.Compact>
          <InputNumber {...control} min={1} max={mostOf(unit)} precision={0} value={count} onChange={(value) => onChange({ [`interval_${unit}`]: value ?? 1 })} style={{ width: 120 }} />
          <Select<IntervalUnit>
            aria-label={t("interval.unit")}
            value={unit}
            onChange={(next) => onChange({ [`interval_${next}`]: Math.min(count ?? 1, mostOf(next)) })}
            options={INTERVAL_UNITS.map((each) => ({ value: each, label: t(`unit.${each}`) }))}
            style={{ width: 110 }}
          />
        </Space.Compact>
      )}
    </Field>
  );
}
