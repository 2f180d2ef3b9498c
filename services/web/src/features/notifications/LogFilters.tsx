// Which messages are looked at; all of it stands in the address.
import { useQuery } from "@tanstack/react-query";
import { AutoComplete, DatePicker, Select, Space, Tag } from "antd";
import dayjs from "dayjs";
import { api, ask } from "@/api/client";
import { useTexts } from "@/app/texts";
import { onceReleased } from "@/components/released";
import { EVENTS, eventName } from "./DeliveryState";
import { LOG } from "./log-texts";

export const LOG_DEFAULTS = { channel: "", state: "", event: "", from: "", to: "", task: "", group: "" };
type Filters = { [Name in keyof typeof LOG_DEFAULTS]: string };

export function LogFilters({ filters, onChange }: { filters: Filters; onChange: (changes: Partial<Filters>) => void }) {
  const t = useTexts(LOG);
  const channels = useQuery({ queryKey: ["channels", "list"], queryFn: () => ask(api.GET("/api/v1/group-ai/channels")), staleTime: 10_000 });
  const task = useQuery({
    queryKey: ["tasks", "name", filters.task],
    queryFn: () => ask(api.GET("/api/v1/group-ai/automation-tasks/{task_id}", { params: { path: { task_id: filters.task } } })),
    enabled: filters.task !== "",
    retry: false,
  });
  return (
    <Space wrap size={8} style={{ marginBlockEnd: 12 }}>
      <AutoComplete
        key={filters.channel}
        aria-label={t("filter.channel")}
        placeholder={t("filter.channel.any")}
        defaultValue={filters.channel}
        allowClear
        onSelect={(channel: string) => onChange({ channel })}
        onClear={() => onChange({ channel: "" })}
        onBlur={(event) => {
          const channel = (event.target as HTMLInputElement).value.trim();
          if (channel !== filters.channel) onceReleased(() => onChange({ channel }));
        }}
        options={(channels.data ?? []).map((channel) => ({ value: channel.name }))}
        showSearch={{ filterOption: (typed: string, option?: { value?: unknown }) => String(option?.value ?? "").includes(typed.toLowerCase()) }}
        style={{ width: 220 }}
      />
      <Select
        aria-label={t("filter.state")}
        value={filters.state}
        onChange={(state) => onChange({ state })}
        style={{ minWidth: 130 }}
        options={[{ value: "", label: t("filter.state.any") }, ...(["sent", "failed", "given_up", "waiting", "folded"] as const).map((state) => ({ value: state as string, label: t(`state.${state}`) }))]}
      />
      <Select
        aria-label={t("filter.event")}
        value={filters.event}
        onChange={(event) => onChange({ event })}
        style={{ minWidth: 150 }}
        options={[{ value: "", label: t("filter.event.any") }, ...EVENTS.map((event) => ({ value: event as string, label: eventName(event, t) }))]}
      />
      <DatePicker.RangePicker
        aria-label={t("filter.range")}
        showTime={{ format: "HH:mm" }}
        format="MM-DD HH:mm"
        allowEmpty={[true, true]}
        placeholder={[t("filter.from"), t("filter.to")]}
        value={[filters.from ? dayjs(filters.from) : null, filters.to ? dayjs(filters.to) : null]}
        onChange={(range) => onChange({ from: range?.[0]?.toISOString() ?? "", to: range?.[1]?.toISOString() ?? "" })}
        style={{ maxWidth: 320 }}
      />
      {filters.task ? (
        <Tag closable onClose={() => onChange({ task: "" })}>
          {t("filter.task", { name: task.data?.name ?? filters.task.slice(0, 8) })}
        </Tag>
      ) : null}
      {filters.group ? (
        <Tag closable onClose={() => onChange({ group: "" })}>
          {t("filter.group")}
        </Tag>
      ) : null}
    </Space>
  );
}
