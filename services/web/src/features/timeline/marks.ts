// What is drawn for a task, and what each mark means in words.
import { useCallback } from "react";
import type { Schema } from "@/api/client";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { duration, exact } from "@/components/format";
import { RUN_STATES, runState } from "@/components/RunState";
import type { Span } from "./scale";
import { TIMELINE } from "./texts";

export type TimelineTask = Schema<"TimelineTask">;

interface Base {
  key: string;
  /** Where a click leads. */
  to: string;
  from: number;
}
export type Mark =
  | (Base & { kind: "run"; began: number | null; ended: number | null; status: string })
  | (Base & { kind: "fire"; due: number; dense: boolean })
  /** After the last fire that was worked out there are others. */
  | (Base & { kind: "more" })
  | (Base & { kind: "stretch"; until: number; runs: number; failed: number; height: number; failures: number });

const ms = (at: string) => new Date(at).getTime();

/** Marks of a task within a span, in the order of time. */
export function marksOf(task: TimelineTask, span: Span): Mark[] {
  const most = Math.max(...task.stretches.map((each) => each.runs), 1);
  const stretches: Mark[] = task.stretches.map((each) => ({
    kind: "stretch", key: `s${each.from}`, from: ms(each.from), until: ms(each.to), runs: each.runs, failed: each.failures, height: each.runs / most, failures: each.failures / each.runs,
    to: `/runs?${new URLSearchParams({ task_id: task.task_id, from: each.from, to: each.to }).toString()}`,
  }));
  // Where runs are counted, those that are told one by one would lie on top.
  const runs: Mark[] = task.runs_cut
    ? []
    : task.runs.map((run) => ({
        kind: "run", key: run.run_id, to: `/runs/${run.run_id}`, status: run.status,
        from: ms(run.due_at ?? run.began_at ?? new Date(span.from).toISOString()),
        began: run.began_at ? ms(run.began_at) : null,
        ended: run.ended_at ? ms(run.ended_at) : null,
      }));
  const coming = `/tasks/${task.task_id}`;
  const dense = areDense(task, span);
  const fires: Mark[] = task.fires.map((fire) => ({ kind: "fire", key: `f${fire.at}`, from: ms(fire.at), due: ms(fire.due_at), to: coming, dense }));
  const last = task.fires[task.fires.length - 1];
  const more: Mark[] = task.fires_cut && last ? [{ kind: "more", key: "more", from: ms(last.at), to: coming }] : [];
  return [...stretches, ...runs, ...fires, ...more].filter((mark) => mark.from <= span.to).sort((one, other) => one.from - other.from);
}

/** Whether diamonds would lie on each other: then fires are lines. */
function areDense(task: TimelineTask, span: Span): boolean {
  const first = task.fires[0];
  const last = task.fires[task.fires.length - 1];
  if (!first || !last || task.fires.length < 2) return false;
  return (ms(last.at) - ms(first.at)) / (task.fires.length - 1) < (span.to - span.from) * 0.02;
}

export function useMarkText(): (mark: Mark) => string {
  const t = useTexts(TIMELINE);
  const states = useTexts(RUN_STATES);
  const { language } = usePreferences();
  return useCallback(
    (mark) => {
      const time = (at: number) => exact(new Date(at), language);
      if (mark.kind === "fire") {
        const due = mark.due === mark.from ? "" : `\n${t("bar.fire.due", { due: time(mark.due) })}`;
        return t("bar.fire", { at: time(mark.from) }) + due;
      }
      if (mark.kind === "more") return t("bar.more");
      if (mark.kind === "stretch") return t("bar.stretch", { from: time(mark.from), to: time(mark.until), runs: mark.runs, failures: mark.failed });
      if (mark.began === null) return t("bar.waiting", { due: time(mark.from) });
      const waited = (mark.began - mark.from) / 1_000;
      const wait = waited >= 1 ? `\n${t("bar.waited", { waited: duration(waited, language) })}` : "";
      if (mark.ended === null) return t("bar.running", { began: time(mark.began) }) + wait;
      return t("bar.run", { state: states(runState(mark.status)), began: time(mark.began), took: duration((mark.ended - mark.began) / 1_000, language) }) + wait;
    },
    [t, states, language],
  );
}
