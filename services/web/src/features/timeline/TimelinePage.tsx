// What ran, what runs and what is to come, task by task on one axis; or the days of a year. Range and filters are in
// the address; without a fixed range the axis goes along with the clock.
import { LeftOutlined, RightOutlined, ZoomInOutlined, ZoomOutOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Card, Flex, Grid, Segmented, Select, Space, Tag, Tooltip } from "antd";
import { type KeyboardEvent, useCallback, useMemo, useState } from "react";
import { api, ask } from "@/api/client";
import { useShortcut } from "@/app/shortcuts";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { Failure } from "@/components/Failure";
import { useNow } from "@/components/now";
import { Page } from "@/components/Page";
import { SearchBox } from "@/components/SearchBox";
import { useUrlState } from "@/components/urlState";
import { findTasks } from "@/features/tasks/findTasks";
import { Axis } from "./Axis";
import { Legend } from "./Legend";
import { RunCalendar } from "./RunCalendar";
import { around, moved, type Span, steady, zoomed } from "./scale";
import { TIMELINE } from "./texts";
import { useTimeline } from "./useTimeline";

const DEFAULTS = { view: "axis", span: "6", from: "", to: "", q: "", task_id: "", queue: "" };
const SPANS = ["1", "6", "24", "168", "720"] as const;
const FIRST_TASKS = 30;

export function Component() {
  const t = useTexts(TIMELINE);
  const [state, set] = useUrlState(DEFAULTS);
  const onSearch = useCallback((q: string) => set({ q }), [set]);
  const views = [{ value: "axis", label: t("view.axis") }, { value: "calendar", label: t("view.calendar") }];
  return (
    <Page title={t("title")} lead={t("lead")} actions={<Segmented aria-label={t("view.label")} options={views} value={state.view} onChange={(view) => set({ view })} />}>
      <Flex wrap gap={8} style={{ marginBlockEnd: 12 }}>
        {state.view === "axis" ? <SearchBox value={state.q} onChange={onSearch} label={t("search")} width={220} /> : null}
        <TaskSelect value={state.task_id} onChange={(task_id) => set({ task_id })} />
        {state.view === "axis" && state.queue ? <Tag closable onClose={() => set({ queue: "" })}>{t("filter.queue")}: {state.queue}</Tag> : null}
      </Flex>
      {state.view === "calendar" ? (
        <Card title={t("year.title")}><RunCalendar {...(state.task_id ? { taskId: state.task_id } : {})} /></Card>
      ) : (
        <Tracks state={state} set={set} />
      )}
    </Page>
  );
}

type State = { [Key in keyof typeof DEFAULTS]: string };

function Tracks({ state, set }: { state: State; set: (changes: Partial<State>, options?: { replace?: boolean }) => void }) {
  const t = useTexts(TIMELINE);
  const wide = Grid.useBreakpoint().md ?? true;
  const now = useNow().getTime();
  const [limit, setLimit] = useState(FIRST_TASKS);
  const fixed = state.from !== "" && state.to !== "";
  const asked = steady(fixed ? { from: new Date(state.from).getTime(), to: new Date(state.to).getTime() } : around(now, Number(state.span) || 6));
  // The same numbers make the same object, so that rows are drawn only when the range moves.
  const span = useMemo<Span>(() => ({ from: asked.from, to: asked.to }), [asked.from, asked.to]);
  const timeline = useTimeline(span, { q: state.q, task_id: state.task_id, queue: state.queue, limit });
  const show = (next: Span) => set({ from: new Date(next.from).toISOString(), to: new Date(next.to).toISOString() }, { replace: true });
  const middle = (span.from + span.to) / 2;
  const pivot = now >= span.from && now <= span.to ? now : middle;
  const home = () => set({ from: "", to: "" });
  const acts: Record<string, () => void> = {
    "+": () => show(zoomed(span, 0.5, pivot)), "=": () => show(zoomed(span, 0.5, pivot)), "-": () => show(zoomed(span, 2, pivot)),
    "[": () => show(moved(span, -0.5)), "]": () => show(moved(span, 0.5)), "0": home,
  };
  useShortcut("[", t("earlier"), () => acts["["]?.());
  useShortcut("]", t("later"), () => acts["]"]?.());
  useShortcut("-", t("zoom.out"), () => acts["-"]?.());
  useShortcut("+", t("zoom.in"), () => acts["+"]?.());
  useShortcut("0", t("now.go"), home);
  const onKey = (event: KeyboardEvent) => {
    const act = acts[event.key];
    act?.();
    return act !== undefined;
  };
  const data = timeline.data;
  return (
    <>
      <Flex wrap gap={8} align="center" style={{ marginBlockEnd: 8 }}>
        <Segmented aria-label={t("span.label")} value={fixed ? "" : state.span} options={SPANS.map((value) => ({ value, label: t(`span.${value}`) }))} onChange={(value) => set({ span: String(value), from: "", to: "" })} />
        <Space.Compact>
          <Tip text={t("earlier")} keys="["><Button icon={<LeftOutlined />} aria-label={t("earlier")} onClick={acts["["]} /></Tip>
          <Tip text={t("now.go")} keys="0"><Button disabled={!fixed} onClick={home}>{t("now")}</Button></Tip>
          <Tip text={t("later")} keys="]"><Button icon={<RightOutlined />} aria-label={t("later")} onClick={acts["]"]} /></Tip>
        </Space.Compact>
        <Space.Compact>
          <Tip text={t("zoom.out")} keys="-"><Button icon={<ZoomOutOutlined />} aria-label={t("zoom.out")} onClick={acts["-"]} /></Tip>
          <Tip text={t("zoom.in")} keys="+"><Button icon={<ZoomInOutlined />} aria-label={t("zoom.in")} onClick={acts["+"]} /></Tip>
        </Space.Compact>
        <Legend />
      </Flex>
      {timeline.error ? <Failure error={timeline.error} retry={() => void timeline.refetch()} /> : null}
      {data && data.tasks.length === 0 ? <EmptyState title={t("empty")} text={t("empty.text")} /> : null}
      {data && data.tasks.length > 0 ? <Axis tasks={data.tasks} span={span} now={now} ticks={wide ? 10 : 4} onKey={onKey} /> : null}
      {data && data.tasks_in_all > data.tasks.length ? (
        <Flex gap={12} wrap align="center" style={{ marginBlockStart: 8 }}>
          <span>{t("cut.tasks", { shown: data.tasks.length, count: data.tasks_in_all })}</span>
          {limit < 100 ? <Button size="small" onClick={() => setLimit(100)}>{t("more")}</Button> : null}
        </Flex>
      ) : null}
    </>
  );
}

function Tip({ text, keys, children }: { text: string; keys: string; children: React.ReactElement }) {
  return <Tooltip title={`${text} (${keys})`}>{children}</Tooltip>;
}

function TaskSelect({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  const t = useTexts(TIMELINE);
  const [sought, setSought] = useState("");
  const tasks = useQuery({ queryKey: ["tasks", "find", sought], queryFn: () => findTasks(sought, 30), staleTime: 10_000 });
  const named = useQuery({
    queryKey: ["tasks", "name", value],
    queryFn: () => ask(api.GET("/api/v1/group-ai/automation-tasks/{task_id}", { params: { path: { task_id: value } } })),
    enabled: value !== "",
    staleTime: 60_000,
    retry: false,
  });
  const options = tasks.data?.map(({ id, name }) => ({ value: id, label: name })) ?? [];
  if (value && !options.some((each) => each.value === value)) options.unshift({ value, label: named.data?.name ?? value.slice(0, 8) });
  return (
    <Select
      allowClear showSearch={{ filterOption: false, onSearch: setSought }} aria-label={t("filter.task")} placeholder={t("filter.all")}
      value={value || null} style={{ width: 260, maxWidth: "100%" }} options={options} onChange={(id: string | null) => onChange(id ?? "")}
    />
  );
}
