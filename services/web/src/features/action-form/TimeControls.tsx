// A cron expression with its meaning in words, as the server reads it; a time zone; another task.
import { useQuery } from "@tanstack/react-query";
import { Input, Select } from "antd";
import { useMemo, useState } from "react";
import { api, ask } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { findTasks } from "@/features/tasks/findTasks";
import { useSettled } from "@/components/settled";
import { zoneNames } from "@/components/zones";
import { ACTIONS } from "./texts";

interface Props {
  id: string;
  value: string;
  onChange: (value: unknown) => void;
  invalid: boolean;
}

export function CronControl({ id, value, onChange, invalid, fallback }: Props & { fallback: string }) {
  const t = useTexts(ACTIONS);
  const { language } = usePreferences();
  const cron = useSettled(value || fallback);
  const meaning = useQuery({
    queryKey: ["actions", "cron", cron],
    queryFn: () => ask(api.POST("/api/v1/group-ai/schedules/preview", { body: { schedule_config: { cron }, count: 1 } as never })),
    enabled: cron !== "",
    retry: false,
    staleTime: Infinity,
  });
  const wrong = meaning.error instanceof ApiProblem ? (meaning.error.errors[0]?.detail ?? t("cron.wrong")) : null;
  return (
    <div>
      <Input id={id} className="mono" status={invalid || wrong ? "error" : ""} value={value} placeholder={fallback} onChange={(event) => onChange(event.target.value)} allowClear />
      <div role="status" style={{ color: wrong ? "var(--ant-color-error)" : "var(--ant-color-text)" }}>{wrong ?? meaning.data?.description[language] ?? ""}</div>
    </div>
  );
}

export function ZoneControl({ id, value, onChange, invalid, fallback }: Props & { fallback: string }) {
  const zones = useMemo(() => zoneNames(), []);
  return (
    <Select
      id={id}
      showSearch
      allowClear
      status={invalid ? "error" : ""}
      value={value || null}
      placeholder={fallback}
      onChange={(zone: string | undefined) => onChange(zone)}
      options={zones.map((zone) => ({ value: zone }))}
      style={{ width: "100%" }}
    />
  );
}

export function TaskControl({ id, value, onChange, invalid }: Props) {
  const t = useTexts(ACTIONS);
  const [text, setText] = useState("");
  const wanted = useSettled(text);
  const found = useQuery({ queryKey: ["actions", "tasks", wanted], queryFn: () => findTasks(wanted, 30), staleTime: 15_000 });
  const options = (found.data ?? []).map((each) => ({ value: each.id, label: each.name }));
  return (
    <Select
      id={id}
      showSearch={{ filterOption: false, onSearch: setText }}
      allowClear
      status={invalid ? "error" : ""}
      value={value || null}
      placeholder={t("task.placeholder")}
      onChange={(task: string | undefined) => onChange(task)}
      options={value && !options.some((each) => each.value === value) ? [...options, { value, label: value }] : options}
      style={{ width: "100%" }}
    />
  );
}
