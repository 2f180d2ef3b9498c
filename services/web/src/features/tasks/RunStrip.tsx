// The last runs of a task as marks, the newest at the right: colour and height tell how each ended; a tooltip says it
// in words. One focus stop for the whole strip would hide the runs from a keyboard, so arrows move within it.
import { Tooltip } from "antd";
import { type KeyboardEvent, memo, useState } from "react";
import { useNavigate } from "react-router";
import type { Schema } from "@/api/client";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { duration, exact } from "@/components/format";
import { RUN_COLORS, RUN_STATES, runState } from "@/components/RunState";
import { LIST } from "./texts";

export type StripRun = Schema<"StripRun">;

const WIDTH = 9;
const HEIGHT = 22;
/** Shorter marks for what did not go well to its end: the shape tells, too. */
const SHARES: Partial<Record<string, number>> = { success: 0.62, cancelled: 0.4, skipped: 0.3, running: 0.8 };

export const RunStrip = memo(function RunStrip({ runs }: { runs: readonly StripRun[] }) {
  const t = useTexts(LIST);
  const navigate = useNavigate();
  const [at, setAt] = useState<number | null>(null);
  if (runs.length === 0) return <span style={{ color: "var(--ant-color-text-description)" }}>{t("row.no-runs")}</span>;
  const good = runs.filter((run) => run.status === "success").length;
  const bad = runs.filter((run) => ["failure", "timed_out", "needs_operator"].includes(run.status)).length;
  const onKeyDown = (event: KeyboardEvent) => {
    const now = at ?? runs.length;
    const next = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: runs.length - 1 }[event.key];
    if (next !== undefined) setAt(Math.max(0, Math.min(runs.length - 1, next)));
    else if (event.key === "Enter" && at !== null && runs[at]) void navigate(`/runs/${runs[at].run_id}`);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  // One tooltip for the whole strip: twenty in each row are felt when thousands of rows scroll by.
  const shown = at === null ? undefined : runs[at];
  return (
    <Tooltip open={shown !== undefined} title={shown ? <Told run={shown} /> : ""} mouseEnterDelay={0}>
      <div
        role="group"
        tabIndex={0}
        aria-label={t("strip.label", { count: runs.length, good, bad })}
        onKeyDown={onKeyDown}
        onBlur={() => setAt(null)}
        onMouseOver={(event) => setAt(placeOf(event.target))}
        onMouseLeave={() => setAt(null)}
        onClick={(event) => {
          const run = runs[placeOf(event.target) ?? -1];
          if (run) void navigate(`/runs/${run.run_id}`);
        }}
        style={{ display: "inline-flex", alignItems: "flex-end", height: HEIGHT + 2, borderRadius: 4 }}
      >
        {runs.map((run, index) => (
          <Mark key={run.run_id} state={runState(run.status)} place={index} active={index === at} />
        ))}
        <span className="visually-hidden" role="status">{shown ? <Told run={shown} /> : ""}</span>
      </div>
    </Tooltip>
  );
});

function placeOf(target: EventTarget): number | null {
  const place = target instanceof Element ? target.closest<HTMLElement>("[data-place]")?.dataset.place : undefined;
  return place === undefined ? null : Number(place);
}

function Told({ run }: { run: StripRun }) {
  const t = useTexts(LIST);
  const states = useTexts(RUN_STATES);
  const { language } = usePreferences();
  const state = states(runState(run.status));
  const time = exact(new Date(run.started_at), language);
  return (
    <>{run.duration_seconds === null ? t("strip.live", { state, time }) : t("strip.run", { state, time, duration: duration(run.duration_seconds, language) })}</>
  );
}

function Mark({ state, place, active }: { state: ReturnType<typeof runState>; place: number; active: boolean }) {
  return (
    <span data-place={place} style={{ display: "flex", alignItems: "flex-end", width: WIDTH, height: HEIGHT, paddingInline: 1, cursor: "pointer" }}>
      <span
        style={{
          width: "100%", height: `${(SHARES[state] ?? 1) * 100}%`, borderRadius: 2, background: RUN_COLORS[state],
          outline: active ? "2px solid var(--ant-color-primary)" : "none",
        }}
      />
    </span>
  );
}
