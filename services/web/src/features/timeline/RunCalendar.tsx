// Fifty-three weeks of days, coloured by the share of runs that failed; a day leads to its runs. For all tasks or one.
import { useQuery } from "@tanstack/react-query";
import { Skeleton } from "antd";
import { type KeyboardEvent, useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { api, ask, type Schema } from "@/api/client";
import { calm } from "@/api/queries";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { browserZone } from "@/components/zones";
import { percent } from "@/components/format";
import { stepOf, weeksOf } from "./scale";
import { TIMELINE } from "./texts";
import "./timeline.css";

type Day = Schema<"CalendarDay">;

const CELL = 14;
const GAP = 3;
const LEFT = 34;
const TOP = 18;

export function RunCalendar({ taskId }: { taskId?: string }) {
  const t = useTexts(TIMELINE);
  const query = useQuery({
    queryKey: ["runs", "calendar", taskId ?? "", browserZone],
    queryFn: () => ask(api.GET("/api/v1/group-ai/run-calendar", { params: { query: { days: 371, tz: browserZone, ...(taskId ? { task_id: taskId } : {}) } } })),
    ...calm,
    refetchInterval: 60_000,
  });
  if (!query.data) return query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Skeleton active paragraph={{ rows: 4 }} title={false} />;
  const sum = (of: (day: Day) => number) => query.data.days.reduce((total, day) => total + of(day), 0);
  return (
    <section aria-label={t("year.title")}>
      <p style={{ marginBlock: "0 8px" }}>{t("year.total", { runs: sum((day) => day.runs), failures: sum((day) => day.failures) })}</p>
      <Year days={query.data.days} {...(taskId ? { taskId } : {})} />
    </section>
  );
}

function Year({ days, taskId }: { days: Day[]; taskId?: string }) {
  const t = useTexts(TIMELINE);
  const { language } = usePreferences();
  const navigate = useNavigate();
  const [at, setAt] = useState<number | null>(null);
  const weeks = useMemo(() => weeksOf(days.map((day, index) => ({ ...day, index }))), [days]);
  const text = (day: Day) => {
    const name = new Intl.DateTimeFormat(language, { dateStyle: "full", timeZone: "UTC" }).format(new Date(`${day.day}T12:00:00Z`));
    if (day.runs === 0) return t("year.none", { day: name });
    const ended = day.successes + day.failures;
    return t("year.day", { day: name, runs: day.runs, failures: day.failures, rate: percent(ended ? day.failures / ended : 0, language) });
  };
  const open = (day: Day) => {
    const start = new Date(`${day.day}T00:00:00`);
    const end = new Date(start);
    end.setDate(end.getDate() + 1);
    const query = new URLSearchParams({ from: start.toISOString(), to: end.toISOString(), ...(taskId ? { task_id: taskId } : {}), ...(day.failures > 0 ? { status: "failure,timed_out,needs_operator" } : {}) });
    void navigate(`/runs?${query.toString()}`);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowLeft: -7, ArrowRight: 7, ArrowUp: -1, ArrowDown: 1 };
    const chosen = at === null ? undefined : days[at];
    if (event.key in steps) setAt(Math.max(0, Math.min(days.length - 1, (at ?? days.length - 1 - (steps[event.key] ?? 0)) + (steps[event.key] ?? 0))));
    else if (event.key === "Enter" && chosen) open(chosen);
    else return;
    event.preventDefault();
  };
  const width = LEFT + weeks.length * (CELL + GAP);
  const chosen = at === null ? null : days[at];
  return (
    <>
      <div className="year-scroll" tabIndex={0} role="application" aria-label={t("year.help")} onKeyDown={onKeyDown} onBlur={() => setAt(null)} ref={(box) => { if (box) box.scrollLeft = box.scrollWidth; }}>
        <svg className="year" width={width} height={TOP + 7 * (CELL + GAP)} viewBox={`0 0 ${width} ${TOP + 7 * (CELL + GAP)}`} aria-hidden>
          {[1, 3, 5].map((weekday) => (
            <text key={weekday} x={0} y={TOP + weekday * (CELL + GAP) + CELL - 3}>{weekdayName(weekday, language)}</text>
          ))}
          {weeks.map((week, column) => (
            <g key={column} transform={`translate(${LEFT + column * (CELL + GAP)} 0)`}>
              <Month week={week.cells} language={language} />
              {week.cells.map((day, row) =>
                day ? (
                  <rect key={day.day} y={TOP + row * (CELL + GAP)} width={CELL} height={CELL} rx={3} className={`${stepOf(day) === null ? "year-none" : `year-${stepOf(day)}`}${day.index === at ? " year-on" : ""}`} onClick={() => open(day)}>
                    <title>{text(day)}</title>
                  </rect>
                ) : null,
              )}
            </g>
          ))}
        </svg>
      </div>
      <div className="axis-legend">
        <span role="status" style={{ flex: 1, minHeight: 20 }}>{chosen ? text(chosen) : ""}</span>
        <span>{t("year.less")}</span>
        <svg width={5 * 16} height={12} aria-hidden className="year">{[0, 1, 2, 3, 4].map((step) => <rect key={step} x={step * 16} width={12} height={12} rx={3} className={`year-${step}`} />)}</svg>
        <span>{t("year.more")}</span>
      </div>
    </>
  );
}

/** A month is written over the week in which it begins. */
function Month({ week, language }: { week: (Day | null)[]; language: string }) {
  const first = week.find((day) => day?.day.endsWith("-01"));
  if (!first) return null;
  return <text y={TOP - 6}>{new Intl.DateTimeFormat(language, { month: "short", timeZone: "UTC" }).format(new Date(`${first.day}T12:00:00Z`))}</text>;
}

function weekdayName(weekday: number, language: string): string {
  return new Intl.DateTimeFormat(language, { weekday: "short", timeZone: "UTC" }).format(new Date(Date.UTC(2024, 8, 1 + weekday)));
}
