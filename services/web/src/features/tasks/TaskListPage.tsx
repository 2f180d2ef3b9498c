// All tasks: found by one line of text, which is the address; chosen and changed by the thousand.
import { PlusOutlined, ScheduleOutlined } from "@ant-design/icons";
import { Button, Flex, Grid, type InputRef, Select, Skeleton } from "antd";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { useSession } from "@/app/session";
import { useShortcut } from "@/app/shortcuts";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { Failure } from "@/components/Failure";
import { Page } from "@/components/Page";
import { SavedViews } from "@/components/SavedViews";
import { useUrlState } from "@/components/urlState";
import { LinkButton } from "@/components/LinkButton";
import { type BulkAction, BulkDialog } from "./BulkDialog";
import { BulkCard, BulkDrawer } from "./BulkProgress";
import { fitting } from "./columns";
import { DeleteTask } from "./DeleteTask";
import { DisplayButton, useDisplay } from "./Display";
import { QueryBox } from "./QueryBox";
import { QuickFilters } from "./QuickFilters";
import { NOTHING, type Selection, toggle, toggleRange } from "./selection";
import { SelectionBar } from "./SelectionBar";
import { CARD_HEIGHT, TaskCards } from "./TaskCards";
import { HEIGHTS, TaskTable } from "./TaskTable";
import { BULK, LIST } from "./texts";
import { useFrame } from "./useFrame";
import { useListKeys } from "./useListKeys";
import { useRows } from "./useRows";
import { useTaskActions } from "./useTaskActions";
import { type TaskRow, useTaskList } from "./useTaskList";

const SORTS = ["-created_at", "created_at", "name", "-name", "next_run_at", "-last_run_at", "last_run_at", "-failures"] as const;
const SAMPLE = `curl -H "Authorization: Bearer $AUTOMATION_TOKEN" -H "Content-Type: application/json" ${location.origin}/api/v1/group-ai/automation-tasks -d '{"name": "hello", "task_type": "scheduled", "task_action": "http_request", "schedule_config": {"cron": "0 9 * * *", "timezone": "Asia/Taipei"}, "action_config": {"url": "https://example.com"}}'`;

export function Component() {
  const t = useTexts(LIST);
  const b = useTexts(BULK);
  const { can } = useSession();
  const [state, set] = useUrlState({ q: "", sort: "-created_at", jobs: "" });
  const box = useRef<InputRef>(null);
  const setQuery = useCallback((q: string) => set({ q }, { replace: true }), [set]);
  useShortcut("/", t("query.focus"), () => box.current?.focus());
  const [seen, setSeen] = useState<readonly string[]>([]);
  const list = useTaskList(state.q, state.sort, seen);
  const [job, setJob] = useState<string | null>(null);
  const started = (one: { id: string }) => setJob(one.id);

  return (
    <Page
      title={t("title")}
      aside={<span role="status" style={{ color: "var(--ant-color-text-description)" }}>{list.hasData ? t(list.exact ? "count" : "count.more", { count: list.total }) : ""}</span>}
      actions={
        <>
          <Button onClick={() => set({ jobs: "list" })}>{b("jobs")}</Button>
          {can("tasks:write") ? (
            <>
              <LinkButton to="/templates">{t("templates")}</LinkButton>
              <LinkButton to="/tasks/new" type="primary" icon={<PlusOutlined aria-hidden />}>{t("create")}</LinkButton>
            </>
          ) : null}
        </>
      }
    >
      <Flex vertical gap={10}>
        <QueryBox value={state.q} onChange={setQuery} refused={list.refused} stays={list.hasData} box={box} />
        <Toolbar q={state.q} sort={state.sort} onQuery={setQuery} onSort={(sort) => set({ sort })}>
          {(display) => <TaskList key="list" list={list} q={state.q} display={display} onSeen={setSeen} onStarted={started} />}
        </Toolbar>
      </Flex>
      {job ? <BulkCard id={job} onDetails={() => set({ jobs: job })} onStarted={started} onClose={() => setJob(null)} /> : null}
      {state.jobs ? <BulkDrawer id={state.jobs} onChoose={(jobs) => set({ jobs })} onStarted={started} onClose={() => set({ jobs: "" })} /> : null}
    </Page>
  );
}

function Toolbar({ q, sort, onQuery, onSort, children }: { q: string; sort: string; onQuery: (q: string) => void; onSort: (sort: string) => void; children: (display: ReturnType<typeof useDisplay>) => React.ReactNode }) {
  const t = useTexts(LIST);
  const display = useDisplay();
  const wide = Grid.useBreakpoint().md ?? window.innerWidth >= 768;
  return (
    <>
      <Flex gap={8} wrap="wrap" justify="space-between">
        <QuickFilters value={q} onChange={onQuery} />
        <Flex gap={8} wrap="wrap">
          <SavedViews page="tasks" transient={["jobs"]} />
          <Select aria-label={t("sort")} value={sort} onChange={onSort} popupMatchSelectWidth={false} style={{ minWidth: 130 }} options={SORTS.map((value) => ({ value, label: t(`sort.${value}`) }))} />
          {wide ? <DisplayButton {...display} /> : null}
        </Flex>
      </Flex>
      {children(display)}
    </>
  );
}

interface TaskListProps {
  list: ReturnType<typeof useTaskList>;
  q: string;
  display: ReturnType<typeof useDisplay>;
  onSeen: (ids: readonly string[]) => void;
  onStarted: (job: { id: string }) => void;
}

function TaskList({ list, q, display, onSeen, onStarted }: TaskListProps) {
  const { can } = useSession();
  const navigate = useNavigate();
  const actions = useTaskActions();
  const wide = Grid.useBreakpoint().md ?? window.innerWidth >= 768;
  const [frameOf, { width, top }] = useFrame();
  const { rows, total, exact, query } = list;
  const [selection, setSelection] = useState<Selection>(NOTHING);
  const [acting, setActing] = useState<BulkAction | null>(null);
  const [deleting, setDeleting] = useState<TaskRow | null>(null);
  // What was chosen of one query is not what another one finds.
  const [chosenOf, setChosenOf] = useState(q);
  if (chosenOf !== q) {
    setChosenOf(q);
    if (selection.kind === "all") setSelection(NOTHING);
  }
  const { hasNextPage, isFetchingNextPage, isPlaceholderData, fetchNextPage } = query;
  const loadMore = useCallback(() => {
    if (!isFetchingNextPage && !isPlaceholderData) void fetchNextPage();
  }, [isFetchingNextPage, isPlaceholderData, fetchNextPage]);
  const view = useRows({ count: rows.length, height: wide ? HEIGHTS[display.density] : CARD_HEIGHT, top, hasMore: hasNextPage, loadMore });
  const first = view.items[0]?.index ?? 0;
  const last = view.items.at(-1)?.index ?? 0;
  useEffect(() => onSeen(rows.slice(first, last + 1).map((row) => row.id)), [rows, first, last, onSeen]);

  const shown = useRef<string[]>([]);
  useEffect(() => {
    shown.current = rows.map((row) => row.id);
  }, [rows]);
  const lastToggled = useRef<string | null>(null);
  const onToggle = useCallback((id: string, range: boolean) => {
    setSelection((known) => (range ? toggleRange(known, shown.current, lastToggled.current, id) : toggle(known, id)));
    lastToggled.current = id;
  }, []);
  const selectable = can("tasks:run") || can("tasks:write");
  const active = useListKeys(rows, {
    open: (row) => void navigate(`/tasks/${row.id}`),
    ...(selectable ? { select: (row: TaskRow) => onToggle(row.id, false) } : {}),
    show: (index) => view.virtualizer.scrollToIndex(index, { align: "auto" }),
  });
  const columns = useMemo(() => fitting(display.columns, width), [display.columns, width]);
  const everyLoaded = selection.kind === "some" && rows.length > 0 && selection.ids.size >= rows.length && total > rows.length;

  if (!list.hasData && list.refused) return null;
  if (!list.hasData) return query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Skeleton active paragraph={{ rows: 10 }} />;
  const props = { rows, total, view, columns, density: display.density, active, selection, onSelection: setSelection, onToggle, onDelete: setDeleting, actions, selectable };
  return (
    <>
      {query.error && !list.refused ? <Failure error={query.error} retry={() => void query.refetch()} /> : null}
      <div ref={frameOf} style={{ opacity: isPlaceholderData ? 0.6 : 1, minHeight: 120 }} aria-busy={query.isFetching}>
        {rows.length === 0 ? <Nothing q={q} /> : wide ? <TaskTable {...props} /> : <TaskCards {...props} />}
        {isFetchingNextPage ? <Skeleton active title={false} paragraph={{ rows: 2 }} style={{ padding: 12 }} /> : null}
      </div>
      <SelectionBar
        selection={selection}
        total={total}
        exact={exact}
        offersAll={everyLoaded}
        onAll={() => setSelection({ kind: "all", query: q, except: new Set() })}
        onClear={() => setSelection(NOTHING)}
        onAct={setActing}
      />
      {acting ? (
        <BulkDialog
          action={acting}
          selection={selection}
          total={total}
          onClose={() => setActing(null)}
          onStarted={(job) => {
            onStarted(job);
            setSelection(NOTHING);
          }}
        />
      ) : null}
      {deleting ? <DeleteTask task={deleting} onClose={() => setDeleting(null)} onDeleted={() => setDeleting(null)} /> : null}
    </>
  );
}

function Nothing({ q }: { q: string }) {
  const t = useTexts(LIST);
  const { can } = useSession();
  if (q) return <EmptyState icon={<ScheduleOutlined aria-hidden />} title={t("nothing.title")} text={t("nothing.text", { query: q })} actions={<LinkButton to="/tasks">{t("query.clear")}</LinkButton>} />;
  return (
    <EmptyState
      icon={<ScheduleOutlined aria-hidden />}
      title={t("empty.title")}
      text={t("empty.text")}
      command={SAMPLE}
      {...(can("tasks:write")
        ? {
            actions: (
              <>
                <LinkButton to="/templates" type="primary">{t("templates")}</LinkButton>
                <LinkButton to="/tasks/new">{t("create")}</LinkButton>
              </>
            ),
          }
        : {})}
    />
  );
}
