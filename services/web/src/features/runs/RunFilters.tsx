// The filters above the list of runs: search, quick chips, all others in a drawer-like popover, and what is set as
// chips that can be taken away. All of it is in the address.
import { CloseOutlined, FilterOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Badge, Button, DatePicker, Flex, Form, Input, InputNumber, Popover, Select, Space, Tag } from "antd";
import dayjs from "dayjs";
import { useCallback, useState } from "react";
import { api, ask } from "@/api/client";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { short } from "@/components/format";
import { onceReleased } from "@/components/released";
import { RUN_STATES, type RunStateName, runState } from "@/components/RunState";
import { SavedViews } from "@/components/SavedViews";
import { SearchBox } from "@/components/SearchBox";
import { findTasks } from "@/features/tasks/findTasks";
import { DEFAULTS, FAILING, isFiltered, type RunFilters, SPANS, UNDER_WAY } from "./query";
import { RUNS, TRIGGER_WORDS } from "./texts";
import { isTrigger, TRIGGERS } from "./why";

const STATES: RunStateName[] = ["waiting", "running", "retrying", "success", "failure", "timed_out", "cancelled", "needs_operator"];
const MORE = ["status", "trigger", "task_id", "queue", "action", "executor", "error", "min_seconds", "time", "from"] as const;

export interface FilterProps {
  filters: RunFilters;
  set: (changes: Partial<RunFilters>) => void;
}

export function RunFilterBar({ filters, set }: FilterProps) {
  const t = useTexts(RUNS);
  const [open, setOpen] = useState(false);
  const quick: [string, Partial<RunFilters>, boolean][] = [
    [t("quick.failing"), { status: FAILING }, filters.status === FAILING],
    [t("quick.live"), { status: UNDER_WAY }, filters.status === UNDER_WAY],
    [t("quick.waiting"), { status: "waiting" }, filters.status === "waiting"],
    [t("quick.manual"), { trigger: "manual" }, filters.trigger === "manual"],
    [t("time.24h"), { time: "24h", from: "", to: "" }, filters.time === "24h"],
  ];
  const onSearch = useCallback((q: string) => set({ q }), [set]);
  const count = MORE.filter((name) => filters[name] !== "").length;
  return (
    <Flex vertical gap={8} style={{ marginBlockEnd: 12 }}>
      <Flex wrap gap={8} align="center">
        <SearchBox value={filters.q} onChange={onSearch} label={t("search")} width={300} />
        <Popover trigger="click" placement="bottomLeft" open={open} onOpenChange={setOpen} content={<More filters={filters} set={set} />}>
          <Badge count={count} size="small">
            <Button icon={<FilterOutlined />} aria-expanded={open} aria-haspopup="dialog">{t("filters")}</Button>
          </Badge>
        </Popover>
        <SavedViews page="runs" />
        <Space wrap size={4}>
          {quick.map(([name, changes, on]) => (
            <Tag.CheckableTag key={name} checked={on} onChange={() => set(on ? cleared(changes) : changes)}>
              {name}
            </Tag.CheckableTag>
          ))}
        </Space>
      </Flex>
      <Chips filters={filters} set={set} />
    </Flex>
  );
}

function cleared(changes: Partial<RunFilters>): Partial<RunFilters> {
  return Object.fromEntries(Object.keys(changes).map((key) => [key, ""]));
}

function Chips({ filters, set }: FilterProps) {
  const t = useTexts(RUNS);
  const states = useTexts(RUN_STATES);
  const triggers = useTexts(TRIGGER_WORDS);
  const { language } = usePreferences();
  const task = useQuery({
    queryKey: ["tasks", "name", filters.task_id],
    queryFn: () => ask(api.GET("/api/v1/group-ai/automation-tasks/{task_id}", { params: { path: { task_id: filters.task_id } } })),
    enabled: filters.task_id !== "",
    staleTime: 60_000,
    retry: false,
  });
  if (!isFiltered(filters)) return null;
  const time = (at: string) => short(new Date(at), new Date(), language);
  const shown: [string, string, Partial<RunFilters>][] = [];
  const add = (name: string, value: string, changes: Partial<RunFilters>) => value && shown.push([name, value, changes]);
  add(t("filter.status"), filters.status && filters.status.split(",").map((each) => states(runState(each))).join(" / "), { status: "" });
  add(t("filter.trigger"), filters.trigger && filters.trigger.split(",").map((each) => (isTrigger(each) ? triggers(each) : each)).join(" / "), { trigger: "" });
  add(t("filter.task"), filters.task_id && (task.data?.name ?? filters.task_id.slice(0, 8)), { task_id: "" });
  add(t("filter.queue"), filters.queue, { queue: "" });
  add(t("filter.action"), filters.action, { action: "" });
  add(t("filter.executor"), filters.executor, { executor: "" });
  add(t("filter.error"), filters.error, { error: "" });
  add(t("filter.min"), filters.min_seconds, { min_seconds: "" });
  if (filters.time in SPANS) add(t("filter.time"), t(`time.${filters.time}` as "time.1h"), { time: "" });
  else if (filters.from || filters.to) {
    add(t("filter.time"), t("time.range", { from: filters.from ? time(filters.from) : "…", to: filters.to ? time(filters.to) : t("time.open") }), { from: "", to: "" });
  }
  return (
    <Flex wrap gap={4} align="center">
      {shown.map(([name, value, changes]) => (
        <Tag key={name} closable={{ closeIcon: <CloseOutlined />, "aria-label": t("chip.remove", { name }) }} onClose={(event) => { event.preventDefault(); set(changes); }} style={{ whiteSpace: "normal", marginInlineEnd: 0 }} className="break">
          {name}: {value}
        </Tag>
      ))}
      <Button type="link" size="small" onClick={() => set({ ...DEFAULTS })}>{t("filters.clear")}</Button>
    </Flex>
  );
}

function More({ filters, set }: FilterProps) {
  const t = useTexts(RUNS);
  const states = useTexts(RUN_STATES);
  const triggers = useTexts(TRIGGER_WORDS);
  const [sought, setSought] = useState("");
  const tasks = useQuery({ queryKey: ["tasks", "find", sought], queryFn: () => findTasks(sought, 30), staleTime: 10_000 });
  const actions = useQuery({ queryKey: ["actions"], queryFn: () => ask(api.GET("/api/v1/group-ai/automation-actions")), staleTime: 600_000 });
  const executors = useQuery({ queryKey: ["executors"], queryFn: () => ask(api.GET("/api/v1/group-ai/executors")), staleTime: 30_000 });
  const queues = useQuery({ queryKey: ["queues", "names"], queryFn: () => ask(api.GET("/api/v1/group-ai/queues")), staleTime: 30_000 });
  const named = (rows: { name: string }[] | undefined) => rows?.map(({ name }) => ({ value: name, label: name })) ?? [];
  const instances = [...new Set(executors.data?.map((each) => each.instance) ?? [])].map((value) => ({ value, label: value }));
  const one = (key: keyof RunFilters, options: { value: string; label: string }[]) => (
    <Select allowClear showSearch value={filters[key] || null} placeholder={t("filter.any")} options={options} onChange={(value: string | null) => set({ [key]: value ?? "" })} />
  );
  return (
    <Form layout="vertical" size="small" style={{ width: "min(420px, 84vw)", maxHeight: "70vh", overflowY: "auto", paddingInline: 4 }} requiredMark={false}>
      <Form.Item label={t("filter.status")} style={{ marginBlockEnd: 8 }}>
        <Select mode="multiple" allowClear value={filters.status ? filters.status.split(",") : []} placeholder={t("filter.any")} options={STATES.map((value) => ({ value, label: states(value) }))} onChange={(words: string[]) => set({ status: words.join(",") })} />
      </Form.Item>
      <Form.Item label={t("filter.trigger")} style={{ marginBlockEnd: 8 }}>
        <Select mode="multiple" allowClear value={filters.trigger ? filters.trigger.split(",") : []} placeholder={t("filter.any")} options={TRIGGERS.map((value) => ({ value, label: triggers(value) }))} onChange={(words: string[]) => set({ trigger: words.join(",") })} />
      </Form.Item>
      <Form.Item label={t("filter.task")} style={{ marginBlockEnd: 8 }}>
        <Select
          allowClear showSearch={{ filterOption: false, onSearch: setSought }} value={filters.task_id || null} placeholder={t("filter.any")}
          options={tasks.data?.map(({ id, name }) => ({ value: id, label: name })) ?? []} onChange={(id: string | null) => set({ task_id: id ?? "" })}
        />
      </Form.Item>
      <Form.Item label={t("filter.time")} style={{ marginBlockEnd: 8 }}>
        <Flex vertical gap={4}>
          <Select
            allowClear value={filters.time || null} placeholder={t("filter.any")}
            options={Object.keys(SPANS).map((value) => ({ value, label: t(`time.${value}` as "time.1h") }))} onChange={(time: string | null) => set({ time: time ?? "", from: "", to: "" })}
          />
          <DatePicker.RangePicker
            showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" allowEmpty={[true, true]} style={{ width: "100%" }}
            value={[filters.from ? dayjs(filters.from) : null, filters.to ? dayjs(filters.to) : null]}
            onChange={(range) => set({ time: "", from: range?.[0]?.toISOString() ?? "", to: range?.[1]?.toISOString() ?? "" })}
          />
        </Flex>
      </Form.Item>
      <Flex gap={8}>
        <Form.Item label={t("filter.queue")} style={{ flex: 1, minWidth: 0, marginBlockEnd: 8 }}>{one("queue", named(queues.data))}</Form.Item>
        <Form.Item label={t("filter.executor")} style={{ flex: 1, minWidth: 0, marginBlockEnd: 8 }}>{one("executor", instances)}</Form.Item>
      </Flex>
      <Flex gap={8}>
        <Form.Item label={t("filter.action")} style={{ flex: 1, minWidth: 0, marginBlockEnd: 8 }}>{one("action", named(actions.data))}</Form.Item>
        <Form.Item label={t("filter.min")} style={{ flex: 1, minWidth: 0, marginBlockEnd: 8 }}>
          <InputNumber min={0} max={999_999_999} precision={0} value={filters.min_seconds ? Number(filters.min_seconds) : null} style={{ width: "100%" }} onChange={(value) => set({ min_seconds: value ? String(value) : "" })} />
        </Form.Item>
      </Flex>
      <Form.Item label={t("filter.error")} style={{ marginBlockEnd: 8 }}>
        <Input allowClear maxLength={200} defaultValue={filters.error} onBlur={({ target }) => onceReleased(() => set({ error: target.value.trim() }))} onPressEnter={(event) => set({ error: event.currentTarget.value.trim() })} />
      </Form.Item>
    </Form>
  );
}
