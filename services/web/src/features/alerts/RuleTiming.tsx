// When a rule fires and when it is over; what it means that there is no number.
import { Form, InputNumber, Segmented, Select, Space } from "antd";
import { useTexts } from "@/app/texts";
import { DurationInput } from "./inputs";
import { RULES } from "./rule-texts";

const WEEK = 7 * 86_400;

export function RuleTiming({ windowed }: { windowed: boolean }) {
  const t = useTexts(RULES);
  return (
    <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 240px), 1fr))", columnGap: 16 }}>
      <Form.Item name="window_seconds" label={t("form.window")} hidden={!windowed}>
        <DurationInput label={t("form.window")} min={60} max={WEEK} />
      </Form.Item>
      <Form.Item name="interval_seconds" label={t("when.interval")} extra={t("when.interval.help")}>
        <DurationInput label={t("when.interval")} min={5} max={86_400} />
      </Form.Item>
      <Either label={t("when.fire")} choice="fire_by" time="for_seconds" samples="after_samples" />
      <Either label={t("when.clear")} choice="clear_by" time="keep_firing_for_seconds" samples="clear_samples" />
    </div>
  );
}

function Either({ label, choice, time, samples }: { label: string; choice: string; time: string; samples: string }) {
  const t = useTexts(RULES);
  const form = Form.useFormInstance();
  const by = Form.useWatch<string | undefined>(choice, form) ?? "time";
  return (
    <Form.Item label={label} extra={by === "time" ? t("when.at-once") : undefined}>
      <Space wrap>
        <Form.Item name={choice} noStyle>
          <Segmented aria-label={label} options={[{ value: "time", label: t("when.time") }, { value: "samples", label: t("when.samples") }]} />
        </Form.Item>
        <Form.Item name={time} noStyle hidden={by !== "time"}>
          <DurationInput label={label} max={WEEK} />
        </Form.Item>
        <Form.Item name={samples} noStyle hidden={by === "time"}>
          <InputNumber aria-label={`${label} ${t("when.samples")}`} min={1} max={1_000} precision={0} suffix={t("when.samples.unit")} style={{ width: 120 }} />
        </Form.Item>
      </Space>
    </Form.Item>
  );
}

export function RuleMissing() {
  const t = useTexts(RULES);
  return (
    <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 240px), 1fr))", columnGap: 16 }}>
      <Form.Item name="no_data" label={t("missing.nodata")}>
        <Select options={(["", "ok", "nodata", "alerting", "keep_last"] as const).map((each) => ({ value: each, label: t(`nodata.${each}`) }))} />
      </Form.Item>
      <Form.Item name="on_error" label={t("missing.error")}>
        <Select options={(["keep_last", "error", "alerting", "ok"] as const).map((each) => ({ value: each, label: t(`onerror.${each}`) }))} />
      </Form.Item>
    </div>
  );
}
