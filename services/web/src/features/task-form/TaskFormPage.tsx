// /tasks/new, /tasks/new?from=<task>, /tasks/:taskId/edit. Other pages hand over what they have found as
// `navigate("/tasks/new", { state: { prefill: { …fields of a task } } })`.
import { useQuery } from "@tanstack/react-query";
import { Alert, Skeleton } from "antd";
import { useState } from "react";
import { useLocation, useParams, useSearchParams } from "react-router";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { Page } from "@/components/Page";
import { dropDraft, keptDraft } from "./drafts";
import { type Draft, draftOf, EMPTY, type Task } from "./fields";
import { readTask, type Target } from "./saving";
import { TaskForm } from "./TaskForm";
import { FORM } from "./texts";
import { browserZone } from "@/components/zones";

export function Component() {
  const t = useTexts(FORM);
  const { can } = useSession();
  const { taskId } = useParams();
  const [params] = useSearchParams();
  const from = taskId ?? params.get("from");
  const title = t(taskId ? "title.edit" : from ? "title.copy" : "title.new");
  // Read once: what changes while somebody edits is told by the form itself.
  const task = useQuery({ queryKey: ["task-form", "task", from], queryFn: () => readTask(from ?? ""), enabled: !!from, staleTime: Infinity, gcTime: 0, refetchOnWindowFocus: false });
  if (!can("tasks:write")) {
    return (
      <Page title={title}>
        <Alert type="info" showIcon title={t("no.right")} />
      </Page>
    );
  }
  if (from && !task.data) {
    return <Page title={title}>{task.error ? <Failure error={task.error} retry={() => void task.refetch()} /> : <Skeleton active paragraph={{ rows: 10 }} />}</Page>;
  }
  return <Prepared key={`${taskId ?? "new"} ${from ?? ""}`} taskId={taskId ?? null} from={task.data ?? null} title={title} />;
}

/** Decides once what the form begins with: what was typed before a reload, or else the task, its copy, or what another page found. */
function Prepared({ taskId, from, title }: { taskId: string | null; from: Task | null; title: string }) {
  const t = useTexts(FORM);
  const { state } = useLocation();
  const prefill = prefillOf(state);
  const key = taskId ?? (from ? `from ${from.id}` : prefill ? `prefill ${JSON.stringify(prefill).length}` : "new");
  const [attempt, setAttempt] = useState(0);
  const copyName = from ? t("copy.name", { name: from.name }).slice(0, 200) : "";
  const fresh = (): { target: Target; draft: Draft } => {
    if (taskId && from) return { target: { taskId, base: draftOf(from), version: from.version }, draft: draftOf(from) };
    const usual = { ...EMPTY, schedule_config: { cron: "0 9 * * *", timezone: browserZone } };
    const draft = from ? { ...draftOf(from), name: copyName, enabled: false } : prefill ? draftOf({ ...usual, ...prefill }) : usual;
    return { target: { taskId: null, base: draft, version: null }, draft };
  };
  const [begun, setBegun] = useState(() => {
    const kept = keptDraft(key);
    return kept ? { target: { taskId, base: kept.base, version: kept.version }, draft: kept.draft, restored: true } : { ...fresh(), restored: false };
  });
  return (
    <TaskForm
      key={attempt}
      title={title}
      lead={taskId ? undefined : from ? t("lead.copy", { name: from.name }) : t("lead.new")}
      draftKey={key}
      target={begun.target}
      draft={begun.draft}
      restored={begun.restored}
      onDrop={() => {
        dropDraft(key);
        setBegun({ ...fresh(), restored: false });
        setAttempt(attempt + 1);
      }}
    />
  );
}

function prefillOf(state: unknown): Partial<Task> | null {
  if (typeof state !== "object" || state === null || !("prefill" in state)) return null;
  const { prefill } = state;
  return typeof prefill === "object" && prefill !== null ? (prefill as Partial<Task>) : null;
}
