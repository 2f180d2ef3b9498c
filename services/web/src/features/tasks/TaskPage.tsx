// One task: how it stands, what it does and when, what became of its runs, and everything one can do to it.
import { Alert, Grid, Select, Skeleton, Tabs, Tag } from "antd";
import { type ComponentType, lazy, Suspense } from "react";
import { Link, useParams } from "react-router";
import { ApiProblem } from "@/api/problem";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { Failure } from "@/components/Failure";
import { Page } from "@/components/Page";
import { WORDS } from "@/components/texts";
import { useUrlState } from "@/components/urlState";
import { LinkButton } from "@/components/LinkButton";
import type { Task } from "./definition";
import { Overview } from "./detail/Overview";
import { TaskActions } from "./detail/TaskActions";
import { DETAIL } from "./detailTexts";
import { LIST } from "./texts";
import { useTask } from "./useTask";

export type Tab = ComponentType<{ task: Task }>;
const tab = (load: () => Promise<{ default: Tab }>) => lazy(load);

const TABS = {
  overview: Overview,
  runs: tab(() => import("./detail/TaskRuns")),
  statistics: tab(() => import("./detail/Statistics")),
  occurrences: tab(() => import("./detail/Occurrences")),
  backfills: tab(() => import("./detail/Backfills")),
  dependencies: tab(() => import("./detail/Dependencies")),
  history: tab(() => import("./detail/History")),
  definition: tab(() => import("./detail/DefinitionTab")),
} satisfies Record<string, Tab>;
type TabName = keyof typeof TABS;

/** What the API answers only to those with this right. */
const SCOPES: Partial<Record<TabName, string>> = { runs: "runs:read", statistics: "runs:read", occurrences: "runs:read", backfills: "runs:read", history: "audit:read" };

export function Component() {
  const { taskId = "" } = useParams();
  // Another task is another page: nothing of the one before stays.
  return <TaskPage key={taskId} taskId={taskId} />;
}

function TaskPage({ taskId }: { taskId: string }) {
  const t = useTexts(DETAIL);
  const l = useTexts(LIST);
  const w = useTexts(WORDS);
  const query = useTask(taskId);
  const task = query.data;
  const trail = <Link to="/tasks">{l("title")}</Link>;
  const gone = query.error instanceof ApiProblem && query.error.status === 404;
  if (gone)
    return (
      <Page title={t("gone.title")} trail={trail}>
        <EmptyState title={t("gone.title")} text={t("gone.text")} actions={<LinkButton to={`/runs?task_id=${taskId}`}>{t("gone.runs")}</LinkButton>} />
      </Page>
    );
  if (!task)
    return (
      <Page title={l("title")} trail={trail}>
        {query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Skeleton active paragraph={{ rows: 10 }} />}
      </Page>
    );
  return (
    <Page
      title={task.name}
      trail={trail}
      aside={
        <>
          <Tag>{t(`type.${task.task_type}`)}</Tag>
          <Tag color={task.enabled ? "success" : "default"}>{w(task.enabled ? "enabled" : "disabled")}</Tag>
        </>
      }
      lead={task.description ? <span className="pre">{task.description}</span> : null}
      actions={<TaskActions task={task} />}
    >
      {query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : null}
      {task.enabled ? null : <Alert type="info" showIcon title={t("off.title")} description={t("off.text")} style={{ marginBlockEnd: 12 }} />}
      <TaskTabs task={task} />
    </Page>
  );
}

function TaskTabs({ task }: { task: Task }) {
  const t = useTexts(DETAIL);
  const { can } = useSession();
  const wide = Grid.useBreakpoint().lg ?? window.innerWidth >= 992;
  const [state, set] = useUrlState({ tab: "overview" });
  const names = (Object.keys(TABS) as TabName[])
    .filter((name) => can(SCOPES[name] ?? "tasks:read"))
    .filter((name) => name !== "backfills" || task.task_type === "scheduled");
  const chosen = names.find((name) => name === state.tab) ?? "overview";
  const Content = TABS[chosen];
  const content = (
    <Suspense fallback={<Skeleton active paragraph={{ rows: 6 }} />}>
      <Content task={task} />
    </Suspense>
  );
  const items = names.map((name) => ({ key: name, value: name, label: t(`tab.${name}`) }));
  return (
    <>
      {/* So many tabs do not fit on a phone; a list of them says all their names. */}
      {wide ? null : <Select aria-label={t("tabs")} value={chosen} onChange={(tab) => set({ tab })} options={items} style={{ width: "100%", marginBlockEnd: 12 }} />}
      {wide ? (
        <Tabs
          aria-label={t("tabs")}
          activeKey={chosen}
          onChange={(key) => set({ tab: key })}
          items={items.map(({ key, label }) => ({ key, label, children: key === chosen ? content : null }))}
        />
      ) : (
        content
      )}
    </>
  );
}
