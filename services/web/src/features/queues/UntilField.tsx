// Until when: a span from now, or a time of one's own.
import { DatePicker, Select, Space } from "antd";
import dayjs from "dayjs";
import { useTexts } from "@/app/texts";
import { QUEUES } from "./texts";
import { SPANS, type Until, type UntilChoice } from "./until";

export function UntilField({ id, value, onChange, mayBeOpen }: { id: string; value: Until; onChange: (until: Until) => void; mayBeOpen: boolean }) {
  const t = useTexts(QUEUES);
  const options = [
    ...(mayBeOpen ? [{ value: "open", label: t("until.open") }] : []),
    ...SPANS.map((span) => ({ value: String(span), label: t(`until.${span}`) })),
    { value: "custom", label: t("until.custom") },
  ];
  return (
    <Space wrap>
      <Select id={id} value={value.choice} onChange={(choice: UntilChoice) => onChange({ ...value, choice })} options={options} style={{ minWidth: 190 }} />
      {value.choice === "custom" ? (
        <DatePicker
          showTime={{ format: "HH:mm" }}
          format="YYYY-MM-DD HH:mm"
          aria-label={t("until.pick")}
          placeholder={t("until.pick")}
          value={value.at ? dayjs(value.at) : null}
          disabledDate={(day) => day.isBefore(dayjs(), "day")}
          onChange={(day: dayjs.Dayjs | null) => onChange({ ...value, at: day ? day.toDate().toISOString() : null })}
        />
      ) : null}
    </Space>
  );
}
