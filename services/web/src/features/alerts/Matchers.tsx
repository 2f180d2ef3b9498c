// Rows of matchers: label, comparison, value, with what the present alerts offer. And matchers to read.
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { AutoComplete, Button, Select, Space, Tag } from "antd";
import { useId } from "react";
import { api, ask } from "@/api/client";
import { useTexts } from "@/app/texts";
import { type Matcher, OPS, spelled } from "./matchers";
import { SILENCES } from "./silence-texts";

export function MatcherTags({ matchers }: { matchers: Matcher[] }) {
  return (
    <Space size={[4, 4]} wrap>
      {matchers.map((matcher, index) => (
        <Tag key={index} className="mono" style={{ marginInlineEnd: 0, maxWidth: 420, whiteSpace: "normal", overflowWrap: "anywhere" }}>
          {spelled(matcher)}
        </Tag>
      ))}
    </Space>
  );
}

export interface MatcherRowsProps {
  value?: Matcher[];
  onChange?: (matchers: Matcher[]) => void;
  disabled?: boolean;
  label: string;
}

/** A field of a form: `value` and `onChange`. */
export function MatcherRows({ value = [], onChange, disabled = false, label }: MatcherRowsProps) {
  const t = useTexts(SILENCES);
  const id = useId();
  const known = useKnownLabels(!disabled);
  const put = (index: number, changes: Partial<Matcher>) => onChange?.(value.map((each, at) => (at === index ? { ...each, ...changes } : each)));
  return (
    <div role="group" aria-label={label} style={{ display: "grid", gap: 8 }}>
      {value.map((matcher, index) => (
        <div key={index} role="group" aria-label={t("matcher.row", { number: index + 1 })} style={{ display: "flex", flexWrap: "wrap", gap: 8, alignItems: "center" }}>
          <AutoComplete
            id={`${id}-${index}-name`}
            aria-label={t("matcher.name")}
            placeholder={t("matcher.name")}
            disabled={disabled}
            value={matcher.name}
            onChange={(name: string) => put(index, { name })}
            options={[...known.keys()].map((name) => ({ value: name }))}
            showSearch={{ filterOption: contains }}
            style={{ flex: "1 1 130px", minWidth: 0 }}
          />
          <Select
            aria-label={t("matcher.op")}
            disabled={disabled}
            value={matcher.op}
            onChange={(op) => put(index, { op })}
            options={OPS.map((op) => ({ value: op, label: `${t(`op.${op}`)} (${op})` }))}
            style={{ flex: "0 1 150px" }}
          />
          <AutoComplete
            aria-label={t("matcher.value")}
            placeholder={matcher.op.endsWith("~") ? t("matcher.value.pattern") : t("matcher.value")}
            disabled={disabled}
            value={matcher.value}
            onChange={(text: string) => put(index, { value: text })}
            options={[...(known.get(matcher.name) ?? [])].map((text) => ({ value: text }))}
            showSearch={{ filterOption: contains }}
            style={{ flex: "2 1 160px", minWidth: 0 }}
          />
          <Button
            aria-label={t("matcher.remove", { number: index + 1 })}
            icon={<DeleteOutlined />}
            type="text"
            disabled={disabled || value.length === 1}
            onClick={() => onChange?.(value.filter((_, at) => at !== index))}
          />
        </div>
      ))}
      {disabled || value.length >= 20 ? null : (
        <Button icon={<PlusOutlined />} type="dashed" onClick={() => onChange?.([...value, { name: "", op: "=", value: "" }])} style={{ justifySelf: "start" }}>
          {t("matcher.add")}
        </Button>
      )}
    </div>
  );
}

function contains(typed: string, option?: { value?: unknown }): boolean {
  return String(option?.value ?? "").toLowerCase().includes(typed.toLowerCase());
}

/** Labels of alerts that are there now, and of recent ones, with their values. */
function useKnownLabels(enabled: boolean): Map<string, Set<string>> {
  const { data } = useQuery({
    queryKey: ["alerts", "labels"],
    queryFn: () => ask(api.GET("/api/v1/group-ai/alerts", { params: { query: { state: "any", limit: 200 } } })),
    staleTime: 30_000,
    enabled,
  });
  const known = new Map<string, Set<string>>([
    ["alertname", new Set()],
    ["severity", new Set(["error", "warning", "info"])],
  ]);
  for (const alert of data?.items ?? []) {
    for (const [name, value] of Object.entries(alert.labels)) known.set(name, (known.get(name) ?? new Set()).add(value));
  }
  return known;
}
