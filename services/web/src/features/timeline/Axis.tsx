// Tasks on one axis of time: bars for runs (waiting in a lighter tone), diamonds for fires to come, and heights where
// there are too many runs to tell apart. One focus stop; arrows move, Enter opens. The pointer shows what a mark means.
import { type KeyboardEvent, memo, useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { RUN_COLORS, runState } from "@/components/RunState";
import { type Mark, marksOf, type TimelineTask, useMarkText } from "./marks";
import { shareOf, type Span, ticksOf } from "./scale";
import { TIMELINE } from "./texts";
import { tickText } from "./tickText";
import "./timeline.css";

interface Tip {
  text: string;
  x: number;
  y: number;
}

export interface AxisProps {
  tasks: TimelineTask[];
  span: Span;
  now: number;
  /** How many times are written. */
  ticks: number;
  onKey?: (event: KeyboardEvent) => boolean;
  /** Of a single task the name is known. */
  names?: boolean;
}

export function Axis({ tasks, span, now, ticks, onKey, names = true }: AxisProps) {
  const t = useTexts(TIMELINE);
  const { language } = usePreferences();
  const navigate = useNavigate();
  const [at, setAt] = useState<{ row: number; mark: number } | null>(null);
  const [tip, setTip] = useState<Tip | null>(null);
  const text = useMarkText();
  const rows = useMemo(() => tasks.map((task) => ({ task, marks: marksOf(task, span) })), [tasks, span]);
  const lines = useMemo(() => ticksOf(span, ticks), [span, ticks]);
  const chosen = at ? rows[at.row]?.marks[at.mark] : undefined;

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && chosen) void navigate(chosen.to);
    else if (event.key === "Escape" && at) setAt(null);
    else if (!move(event.key)) {
      if (!onKey?.(event)) return;
    }
    event.preventDefault();
  };
  const move = (key: string): boolean => {
    const row = at?.row ?? 0;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (step !== undefined) {
      const marks = rows[row]?.marks ?? [];
      if (marks.length === 0) return true;
      const from = at?.mark ?? (step > 0 ? -1 : marks.length);
      setAt({ row, mark: Math.max(0, Math.min(marks.length - 1, from + step)) });
      return true;
    }
    const down = { ArrowUp: -1, ArrowDown: 1 }[key];
    if (down === undefined) return false;
    for (let next = row + down; next >= 0 && next < rows.length; next += down) {
      const marks = rows[next]?.marks ?? [];
      if (marks.length === 0) continue;
      // The one nearest in time to where one was.
      const wanted = chosen?.from ?? now;
      const mark = marks.reduce((best, each, index) => (Math.abs(each.from - wanted) < Math.abs((marks[best]?.from ?? 0) - wanted) ? index : best), 0);
      setAt({ row: next, mark });
      break;
    }
    return true;
  };
  const nowShare = now >= span.from && now <= span.to ? shareOf(now, span) : null;
  return (
    <>
      <div className="axis" role="application" tabIndex={0} aria-label={t("axis")} onKeyDown={onKeyDown} onPointerLeave={() => setTip(null)}>
        <span className="visually-hidden" role="status">{at && chosen ? `${rows[at.row]?.task.task_name}: ${text(chosen)}` : ""}</span>
        <div className="axis-head" aria-hidden>
          <div />
          <div className="axis-track">
            {lines.map((line) => <span key={line} className="axis-tick" style={{ insetInlineStart: `${shareOf(line, span) * 100}%` }}>{tickText(line, span, language)}</span>)}
            {nowShare === null ? null : <span className="axis-now" style={{ insetInlineStart: `${nowShare * 100}%` }} />}
          </div>
        </div>
        {rows.map(({ task, marks }, row) => (
          <div className="axis-row" key={task.task_id} role="group" aria-label={t("row.label", { task: task.task_name, runs: task.runs.length, fires: task.fires.length })}>
            <div className="axis-name" title={task.task_name}>
              {names ? <a href={`/tasks/${task.task_id}`} tabIndex={-1} onClick={(event) => { event.preventDefault(); void navigate(`/tasks/${task.task_id}`); }}>{task.task_name}</a> : null}
              {task.enabled ? null : <span style={{ color: "var(--ant-color-text-description)" }}> · {t("row.disabled")}</span>}
              {task.runs_cut ? <span title={t("row.cut")}> …</span> : null}
            </div>
            <div className="axis-track">
              {lines.map((line) => <span key={line} className="axis-tick" style={{ insetInlineStart: `${shareOf(line, span) * 100}%` }} />)}
              {now < span.to ? <span className="axis-future" style={{ insetInlineStart: `${shareOf(now, span) * 100}%`, insetInlineEnd: 0 }} /> : null}
              <Marks marks={marks} span={span} now={marks.some((mark) => mark.kind === "run" && mark.ended === null) ? now : 0} on={at?.row === row ? at.mark : -1} onOpen={(to) => void navigate(to)} onTip={(mark, x, y) => setTip(mark ? { text: text(mark), x, y } : null)} />
              {nowShare === null ? null : <span className="axis-now" style={{ insetInlineStart: `${nowShare * 100}%` }} />}
            </div>
          </div>
        ))}
      </div>
      {tip ? <div className="axis-tip pre" role="presentation" style={{ left: Math.min(Math.max(tip.x, 100), window.innerWidth - 100), top: tip.y }}>{tip.text}</div> : null}
    </>
  );
}

interface MarksProps {
  marks: Mark[];
  span: Span;
  /** 0 if nothing in the row grows. */
  now: number;
  on: number;
  onOpen: (to: string) => void;
  onTip: (mark: Mark | null, x: number, y: number) => void;
}

const Marks = memo(
  function Marks({ marks, span, now, on, onOpen, onTip }: MarksProps) {
    return marks.map((mark, index) => {
      const look = index === on ? " axis-on" : "";
      const events = {
        tabIndex: -1,
        "aria-hidden": true,
        onClick: () => onOpen(mark.to),
        onPointerEnter: (event: React.PointerEvent) => onTip(mark, event.clientX, event.currentTarget.getBoundingClientRect().top),
        onPointerLeave: () => onTip(null, 0, 0),
      };
      const left = shareOf(mark.from, span);
      if (mark.kind === "fire") return <button type="button" key={mark.key} className={`${mark.dense ? "axis-fire axis-dense" : "axis-fire"}${look}`} style={{ insetInlineStart: `${left * 100}%` }} {...events} />;
      if (mark.kind === "more") return <button type="button" key={mark.key} className={`axis-more${look}`} style={{ insetInlineStart: `${left * 100}%` }} {...events} />;
      if (mark.kind === "stretch") {
        const width = shareOf(mark.until, span) - left;
        return (
          <button type="button" key={mark.key} className={`axis-stretch${look}`} style={{ insetInlineStart: `${left * 100}%`, width: `${width * 92}%`, height: `${15 + mark.height * 65}%` }} {...events}>
            <span style={{ height: `${mark.failures * 100}%` }} />
          </button>
        );
      }
      const until = shareOf(mark.ended ?? Math.max(now, mark.from), span);
      const began = mark.began === null ? until : shareOf(mark.began, span);
      const waited = until > left ? Math.min(Math.max((began - left) / (until - left), 0), 1) : 0;
      const state = runState(mark.status);
      const bad = ["failure", "timed_out", "needs_operator"].includes(state);
      return (
        <button type="button" key={mark.key} className={`axis-bar${bad ? " axis-bad" : ""}${state === "running" ? " axis-live" : ""}${look}`} style={{ insetInlineStart: `${left * 100}%`, width: `${(until - left) * 100}%` }} {...events}>
          {waited > 0 ? <span className="axis-wait" style={{ width: `${waited * 100}%` }} /> : null}
          {mark.began === null ? null : <span className="axis-ran" style={{ backgroundColor: RUN_COLORS[state] }} />}
        </button>
      );
    });
  },
  (before, after) => before.marks === after.marks && before.now === after.now && before.on === after.on && before.span === after.span,
);
