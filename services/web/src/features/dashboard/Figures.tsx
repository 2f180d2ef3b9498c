// The figures in a row. Each is a link to the list that it counts.
import { CheckCircleFilled, ExclamationCircleFilled, WarningFilled } from "@ant-design/icons";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { duration, percent } from "@/components/format";
import { type Board, TO, type Tone } from "./figures";
import { BOARD } from "./texts";

export function Figures({ board }: { board: Board }) {
  const t = useTexts(BOARD);
  const { language } = usePreferences();
  const { now, counts, executors } = board;
  const number = (value: number) => (value >= counts.counted_up_to ? t("capped", { count: value }) : value.toLocaleString(language));
  const time = (seconds: number | null) => (seconds === null ? "–" : duration(seconds, language));
  const share = (value: number | null) => (value === null ? "–" : percent(value, language));
  const rate = board.success_rate_24h;
  return (
    <ul className="board-figures" aria-label={t("figures")}>
      <Figure to={TO.failing} name={t("figure.failing")} value={number(board.failing_total)} note={t("figure.failing.note", { count: counts.tasks })} tone={board.failing_total ? "bad" : "good"} />
      <Figure to={TO.late} name={t("figure.late")} value={number(now.late)} note={t("figure.late.note", { seconds: board.late_after_seconds })} tone={now.late ? "bad" : "good"} />
      <Figure to={TO.running} name={t("figure.running")} value={number(now.running)} note={t("figure.running.note", { slots: executors.slots, used: executors.running })} tone="idle" />
      <Figure
        to={TO.waiting}
        name={t("figure.waiting")}
        value={number(now.waiting)}
        note={now.oldest_waiting_seconds === null ? t("figure.waiting.none") : t("figure.waiting.note", { age: time(now.oldest_waiting_seconds) })}
        tone="idle"
      />
      <Figure
        to={TO.ended}
        name={t("figure.success")}
        value={share(rate)}
        note={rate === null ? t("figure.success.none") : t("figure.success.note", { before: share(board.success_rate_before) })}
        tone={rate !== null && rate < 0.9 ? "warn" : "idle"}
      />
      <Figure to="/queues" name={t("figure.wait")} value={time(board.queue_wait.p95)} note={t("figure.wait.note", { p50: time(board.queue_wait.p50), late: time(board.lateness.p95) })} tone="idle" />
      <Figure
        to="/executors"
        name={t("figure.executors")}
        value={number(executors.active)}
        note={t("figure.executors.note", { draining: executors.draining, silent: executors.silent })}
        tone={executors.active === 0 ? "bad" : executors.silent || executors.draining ? "warn" : "good"}
      />
      <Figure to={TO.alerts} name={t("figure.alerts")} value={number(counts.alerts_firing)} note={t("figure.alerts.note", { count: counts.alerts_error })} tone={counts.alerts_error ? "bad" : counts.alerts_firing ? "warn" : "good"} />
      <Figure to="/dead-letters" name={t("figure.dead")} value={number(counts.dead_runs)} note={t("figure.dead.note", { count: counts.dead_letters })} tone={counts.dead_runs || counts.dead_letters ? "warn" : "good"} />
      <Figure to={TO.incidents} name={t("figure.incidents")} value={number(counts.incidents)} note={t("figure.incidents.note")} tone={counts.incidents ? "warn" : "good"} />
    </ul>
  );
}

const MARKS: Record<Tone, ReactNode> = {
  good: <CheckCircleFilled style={{ color: "var(--ant-color-success)" }} aria-hidden />,
  warn: <WarningFilled style={{ color: "var(--ant-color-warning)" }} aria-hidden />,
  bad: <ExclamationCircleFilled style={{ color: "var(--ant-color-error)" }} aria-hidden />,
  idle: null,
};

function Figure({ to, name, value, note, tone }: { to: string; name: string; value: string; note: string; tone: Tone }) {
  return (
    <li>
      <Link to={to} className="board-figure" data-tone={tone}>
        <span className="board-figure-name">{MARKS[tone]}{name}</span>
        <span className="board-figure-value" style={{ display: "block" }}>{value}</span>
        <span className="board-figure-note">{note}</span>
      </Link>
    </li>
  );
}
