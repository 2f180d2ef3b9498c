// The form around one draft: form or JSON, review before saving, and what happens if somebody else was faster.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Grid, Segmented, Space } from "antd";
import { type ReactNode, useMemo, useRef, useState } from "react";
import { Link, useNavigate } from "react-router";
import { ApiProblem, type FieldProblem } from "@/api/problem";
import { calm } from "@/api/queries";
import { useShortcut } from "@/app/shortcuts";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { Page } from "@/components/Page";
import { LeaveGuard } from "@/components/LeaveGuard";
import { useSettled } from "@/components/settled";
import { ConflictDialog } from "./ConflictDialog";
import { dropDraft } from "./drafts";
import { ErrorSummary, jumpTo } from "./ErrorSummary";
import { changedFields, type Draft, draftOf, type Task } from "./fields";
import { type Form, FormContext } from "./form";
import { FormBody } from "./FormBody";
import { readDraft, textOfDraft } from "./json-view";
import { JsonView } from "./JsonView";
import type { Plan } from "./PlanView";
import { REVIEW } from "./review-texts";
import { SaveDialog } from "./SaveDialog";
import { readTask, rehearse, type Target } from "./saving";
import { SectionNav } from "./SectionNav";
import { FORM } from "./texts";
import { useKeptDraft } from "./useKeptDraft";

export interface TaskFormProps {
  title: string;
  lead?: ReactNode;
  draftKey: string;
  target: Target;
  draft: Draft;
  restored: boolean;
  onDrop: () => void;
}

export function TaskForm({ title, lead, draftKey, target: first, draft: initial, restored, onDrop }: TaskFormProps) {
  const t = useTexts(FORM);
  const navigate = useNavigate();
  const { message } = App.useApp();
  const client = useQueryClient();
  const wide = Grid.useBreakpoint().xl ?? window.innerWidth >= 1200;
  const [target, setTarget] = useState(first);
  const [draft, setDraft] = useState(initial);
  const [json, setJson] = useState<string | null>(null);
  const own = useMemo(() => (json === null ? [] : readDraft(json).problems), [json]);
  const dirty = changedFields(target.base, draft).length > 0 || own.length > 0;
  const done = useRef(false);
  useKeptDraft(draftKey, dirty, draft, target.base, target.version);

  const review = useReview(target, draft);
  const rivals = useRivals(target);
  const [comparing, setComparing] = useState(false);
  const begin = async () => {
    if (own.length > 0 || review.busy || review.plan) return;
    if ((await review.begin()) === "stale") {
      await rivals.refetch();
      setComparing(true);
    }
  };
  useShortcut("mod+s", t("save.key"), () => void begin(), { whileTyping: true });

  const form = useMemo<Form>(
    () => ({ draft, base: target.base, set: (name, value) => setDraft((before) => ({ ...before, [name]: value })), problems: review.problems, taskId: target.taskId }),
    [draft, target, review.problems],
  );
  const writeJson = (text: string) => {
    setJson(text);
    const read = readDraft(text);
    if (read.draft) setDraft(read.draft);
  };
  const saved = (task: Task) => {
    done.current = true;
    dropDraft(draftKey);
    void client.invalidateQueries({ queryKey: ["tasks"] });
    void client.invalidateQueries({ queryKey: ["task-form"] });
    void message.success(t(target.taskId === null ? "saved.new" : "saved.edit", { name: task.name }));
    void navigate(`/tasks/${task.id}`);
  };
  const base = rivals.task && target.version !== rivals.task.version ? rivals.task : null;
  return (
    <FormContext value={form}>
      <Page
        title={title}
        lead={lead}
        trail={<Link to={target.taskId ? `/tasks/${target.taskId}` : "/tasks"}>{target.taskId ? target.base.name : t("tasks")}</Link>}
        actions={
          <>
            <Segmented
              aria-label={t("view.label")}
              value={json === null ? "form" : "json"}
              onChange={(next) => {
                if (next === "json") setJson(textOfDraft(draft));
                else if (own.length > 0) void message.warning(t("json.stuck"));
                else setJson(null);
              }}
              options={[{ value: "form", label: t("view.form") }, { value: "json", label: t("view.json") }]}
            />
            <SaveButton dirty={dirty || target.taskId === null} blocked={own.length > 0} busy={review.busy} onSave={() => void begin()} />
          </>
        }
      >
        {restored ? <Alert type="info" showIcon closable title={t("draft.restored")} action={<Button size="small" onClick={onDrop}>{t("draft.drop")}</Button>} style={{ marginBlockEnd: 16 }} /> : null}
        {base ? <Stale dirty={dirty} onCompare={() => setComparing(true)} onTake={() => { dropDraft(draftKey); setTarget({ ...target, base: draftOf(base), version: base.version }); setDraft(draftOf(base)); setJson(null); }} /> : null}
        {rivals.gone ? <Gone onCopy={() => setTarget({ taskId: null, base: target.base, version: null })} /> : null}
        <ErrorSummary box={review.summary} problems={review.problems} onJump={(pointer) => (json === null ? jumpTo(pointer) : undefined)} />
        <Failure error={review.error} />
        {json === null ? (
          <div style={wide ? { display: "grid", gridTemplateColumns: "156px minmax(0, 1fr)", gap: 24, alignItems: "start" } : undefined}>
            <SectionNav problems={review.problems} wide={wide} />
            <div style={{ minWidth: 0 }}>
              <FormBody />
            </div>
          </div>
        ) : (
          <JsonView text={json} onChange={writeJson} own={own} problems={review.problems} />
        )}
        <SaveBar dirty={dirty}>
          <SaveButton dirty={dirty || target.taskId === null} blocked={own.length > 0} busy={review.busy} onSave={() => void begin()} />
        </SaveBar>
      </Page>
      {review.plan ? <SaveDialog target={target} draft={draft} plan={review.plan} onClose={review.close} onSaved={saved} onRefused={(error) => {
        const verdict = review.refused(error);
        if (verdict === "stale") void rivals.refetch().then(() => setComparing(true));
        return verdict !== "other";
      }} /> : null}
      {comparing && rivals.task ? (
        <ConflictDialog
          base={target.base}
          mine={draft}
          theirs={draftOf(rivals.task)}
          onClose={() => setComparing(false)}
          onMerged={(merged) => {
            const theirs = rivals.task;
            if (theirs) setTarget({ ...target, base: draftOf(theirs), version: theirs.version });
            setDraft(merged);
            setJson(json === null ? null : textOfDraft(merged));
            setComparing(false);
          }}
        />
      ) : null}
      <LeaveGuard dirty={dirty} done={() => done.current} onLeave={() => dropDraft(draftKey)} />
    </FormContext>
  );
}

type Verdict = "problems" | "stale" | "other";

/** The dry run, and what it was refused with. */
function useReview(target: Target, draft: Draft) {
  const [plan, setPlan] = useState<Plan | null>(null);
  const [problems, setProblems] = useState<FieldProblem[]>([]);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const summary = useRef<HTMLDivElement>(null);
  const refused = (why: unknown): Verdict => {
    const verdict = verdictOf(why);
    setProblems(why instanceof ApiProblem && verdict === "problems" ? why.errors : []);
    setError(verdict === "other" ? why : null);
    if (verdict === "problems") {
      requestAnimationFrame(() => {
        summary.current?.scrollIntoView({ block: "start" });
        summary.current?.focus({ preventScroll: true });
      });
    }
    return verdict;
  };
  const begin = async (): Promise<Verdict | "planned"> => {
    setBusy(true);
    try {
      const planned = await rehearse(target, draft);
      setProblems([]);
      setError(null);
      setPlan(planned);
      return "planned";
    } catch (why) {
      return refused(why);
    } finally {
      setBusy(false);
    }
  };
  // Problems that were put right vanish while one types: what was refused once is rehearsed again, quietly.
  const settled = useSettled({ target, draft });
  useQuery({
    queryKey: ["task-form", "again", settled],
    queryFn: async () => {
      try {
        await rehearse(settled.target, settled.draft);
        setProblems([]);
      } catch (why) {
        if (why instanceof ApiProblem && why.errors.length > 0) setProblems(why.errors);
      }
      return null;
    },
    enabled: problems.length > 0 && plan === null,
    gcTime: 0,
    staleTime: Infinity,
  });
  return { plan, problems, error, busy, summary, begin, refused, close: () => setPlan(null) };
}

function verdictOf(why: unknown): Verdict {
  if (!(why instanceof ApiProblem)) return "other";
  if (why.status === 412) return "stale";
  return why.errors.length > 0 && why.status !== 403 ? "problems" : "other";
}

/** The task as it stands now: looked at all the while, so that nobody edits an old version for long. */
function useRivals(target: Target) {
  const query = useQuery({
    queryKey: ["task-form", "rival", target.taskId],
    queryFn: () => readTask(target.taskId ?? ""),
    enabled: target.taskId !== null,
    ...calm,
  });
  const gone = target.taskId !== null && query.error instanceof ApiProblem && query.error.status === 404;
  return { task: target.taskId === null ? null : (query.data ?? null), gone, refetch: query.refetch };
}

function SaveButton({ dirty, blocked, busy, onSave }: { dirty: boolean; blocked: boolean; busy: boolean; onSave: () => void }) {
  const t = useTexts(FORM);
  return (
    <Button type="primary" loading={busy} disabled={!dirty || blocked} title={dirty ? "Ctrl S" : t("save.nothing")} onClick={onSave}>
      {t("save.review")}
    </Button>
  );
}

/** The button at hand wherever one has scrolled to. */
function SaveBar({ dirty, children }: { dirty: boolean; children: ReactNode }) {
  const t = useTexts(FORM);
  if (!dirty) return null;
  return (
    <div style={{ position: "sticky", bottom: 0, zIndex: 10, display: "flex", gap: 12, justifyContent: "flex-end", alignItems: "center", padding: "10px 16px", marginBlockStart: 8, borderRadius: 8, background: "var(--ant-color-bg-elevated)", boxShadow: "var(--ant-box-shadow-secondary)" }}>
      <span style={{ color: "var(--ant-color-text-description)" }}>{t("unsaved")}</span>
      {children}
    </div>
  );
}

function Stale({ dirty, onCompare, onTake }: { dirty: boolean; onCompare: () => void; onTake: () => void }) {
  const t = useTexts(REVIEW);
  return (
    <Alert
      type="warning"
      showIcon
      role="alert"
      title={t("stale.title")}
      description={dirty ? t("stale.text") : undefined}
      action={<Space wrap>{dirty ? <Button onClick={onCompare}>{t("stale.compare")}</Button> : null}<Button onClick={onTake}>{t("stale.take")}</Button></Space>}
      style={{ marginBlockEnd: 16 }}
    />
  );
}

function Gone({ onCopy }: { onCopy: () => void }) {
  const t = useTexts(REVIEW);
  return <Alert type="error" showIcon role="alert" title={t("gone.title")} description={t("gone.text")} action={<Button onClick={onCopy}>{t("gone.copy")}</Button>} style={{ marginBlockEnd: 16 }} />;
}
