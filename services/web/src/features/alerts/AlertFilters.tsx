// What of the alerts is looked at; all of it stands in the address.
import { Input, Segmented, Select, Space, Tag } from "antd";
import { useTexts } from "@/app/texts";
import { readLabelFilter, withoutLabel } from "./filters";
import { ALERTS } from "./texts";

export const DEFAULTS = { state: "", level: "", acknowledged: "", q: "", rule: "", labels: "" };
export type Filters = { [Name in keyof typeof DEFAULTS]: string };

export function AlertFilters({ filters, onChange }: { filters: Filters; onChange: (changes: Partial<Filters>) => void }) {
  const t = useTexts(ALERTS);
  return (
    <Space wrap size={8} style={{ marginBlockEnd: 12, width: "100%" }}>
      <Segmented
        aria-label={t("filter.state")}
        value={filters.state}
        onChange={(state) => onChange({ state })}
        options={[
          { value: "", label: t("filter.current") },
          { value: "firing", label: t("state.firing") },
          { value: "pending", label: t("state.pending") },
          { value: "resolved", label: t("state.resolved") },
          { value: "any", label: t("filter.any") },
        ]}
      />
      <Select
        aria-label={t("filter.level")}
        value={filters.level}
        onChange={(level) => onChange({ level })}
        style={{ minWidth: 130 }}
        options={[
          { value: "", label: t("filter.level.any") },
          { value: "error", label: t("level.error") },
          { value: "warning", label: t("level.warning") },
          { value: "info", label: t("level.info") },
        ]}
      />
      <Select
        aria-label={t("filter.ack")}
        value={filters.acknowledged}
        onChange={(acknowledged) => onChange({ acknowledged })}
        style={{ minWidth: 170 }}
        options={[
          { value: "", label: t("filter.ack.any") },
          { value: "false", label: t("filter.ack.false") },
          { value: "true", label: t("filter.ack.true") },
        ]}
      />
      <Input.Search
        key={filters.q}
        aria-label={t("filter.text")}
        placeholder={t("filter.text")}
        defaultValue={filters.q}
        maxLength={200}
        allowClear
        onSearch={(q) => onChange({ q: q.trim() })}
        style={{ width: 260, maxWidth: "100%" }}
      />
      {filters.rule ? (
        <Tag closable onClose={() => onChange({ rule: "" })}>
          {t("filter.rule", { name: filters.rule })}
        </Tag>
      ) : null}
      {readLabelFilter(filters.labels).map(([name, value]) => (
        <Tag key={name} className="mono" closable onClose={() => onChange({ labels: withoutLabel(filters.labels, name) })}>
          {name}={value}
        </Tag>
      ))}
    </Space>
  );
}
