// How the runs of one task went: figures per window, and each day of a month as a picture and as numbers.
import { Card, Empty, Skeleton, Table } from "antd";
import { type ReactNode, useCallback } from "react";
import type { Schema } from "@/api/client";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { Chart } from "@/components/Chart";
import { axisLook, baseOption, type ChartColors } from "@/components/chartColors";
import { Failure } from "@/components/Failure";
import { duration, percent } from "@/components/format";
import { Duration } from "@/components/Time";
import type { Task } from "../definition";
import { DETAIL } from "../detailTexts";
import { useStatistics } from "../useStatistics";

type Figures = Schema<"TaskStatistics">;
type Window = Schema<"WindowStatistics">;

export default function Statistics({ task }: { task: Task }) {
  const t = useTexts(DETAIL);
  const query = useStatistics(task.id);
  const figures = query.data;
  if (!figures) return query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Skeleton active paragraph={{ rows: 8 }} />;
  return (
    <div style={{ display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: 12 }}>
      <Failure error={query.error} retry={() => void query.refetch()} />
      <Card>
        <Windows windows={figures.windows} />
        <ul style={{ margin: "12px 0 0", paddingInlineStart: 18, color: "var(--ant-color-text-description)" }}>
          {(["late", "missed", "skipped"] as const).map((key) => <li key={key}>{`${t(key)}: ${t(`${key}.help`)}`}</li>)}
        </ul>
      </Card>
      {figures.days.every((day) => day.runs === 0) ? (
        <Card><Empty description={t("stats.empty")} /></Card>
      ) : (
        <>
          <Card title={t("trend")}><Counts figures={figures} /></Card>
          <Card title={t("trend.durations")}><Durations figures={figures} /></Card>
          <details>
            <summary style={{ cursor: "pointer", padding: 4 }}>{t("day")}: {t("trend")}</summary>
            <Days figures={figures} />
          </details>
        </>
      )}
      <div style={{ color: "var(--ant-color-text-description)" }}>{t("stats.zone", { zone: figures.timezone })}</div>
    </div>
  );
}

function Windows({ windows }: { windows: Window[] }) {
  const t = useTexts(DETAIL);
  const { language } = usePreferences();
  const number = (value: number) => <span className="tabular">{value.toLocaleString(language)}</span>;
  const seconds = (value: number | null) => <Duration seconds={value} />;
  return (
    <Scroll label={t("tab.statistics")}>
    <Table<Window>
      size="middle"
      rowKey="window"
      pagination={false}
      dataSource={windows}
      columns={[
        { title: t("window"), dataIndex: "window", rowScope: "row", render: (name: Window["window"]) => t(`window.${name}`) },
        { title: t("runs"), dataIndex: "runs", render: number },
        { title: t("rate"), dataIndex: "success_rate", render: (rate: number | null) => (rate === null ? "–" : percent(rate, language)) },
        { title: t("failures"), dataIndex: "failures", render: number },
        { title: t("p50"), dataIndex: "p50_seconds", render: seconds },
        { title: t("p95"), dataIndex: "p95_seconds", render: seconds },
        { title: t("p99"), dataIndex: "p99_seconds", render: seconds },
        { title: t("wait"), dataIndex: "queue_wait_p95_seconds", render: seconds },
        { title: t("late"), dataIndex: "late", render: number },
        { title: t("missed"), dataIndex: "missed", render: number },
        { title: t("skipped"), dataIndex: "skipped", render: number },
      ]}
    />
    </Scroll>
  );
}

function Counts({ figures }: { figures: Figures }) {
  const t = useTexts(DETAIL);
  const option = useCallback(
    (colors: ChartColors) => {
      const base = baseOption(colors);
      const bar = (name: string, color: string, key: "successes" | "failures" | "cancelled") => ({
        type: "bar", stack: "runs", name, color, barMaxWidth: 18, data: figures.days.map((day) => day[key]),
      });
      return {
        ...base,
        tooltip: { ...base.tooltip, axisPointer: { type: "shadow" as const } },
        xAxis: { type: "category", data: figures.days.map((day) => day.day.slice(5)), ...axisLook(colors) },
        yAxis: { type: "value", minInterval: 1, ...axisLook(colors) },
        series: [bar(t("successes"), colors.success, "successes"), bar(t("failures"), colors.failure, "failures"), bar(t("cancelled"), colors.other, "cancelled")],
      };
    },
    [figures, t],
  );
  return <Chart label={t("trend")} height={220} option={option} />;
}

function Durations({ figures }: { figures: Figures }) {
  const t = useTexts(DETAIL);
  const { language } = usePreferences();
  const option = useCallback(
    (colors: ChartColors) => {
      const base = baseOption(colors);
      const told = (value: unknown) => (typeof value === "number" ? duration(value, language) : "–");
      const line = (name: string, color: string, key: "p50_seconds" | "p95_seconds", dashed: boolean) => ({
        type: "line", name, color, connectNulls: true, symbolSize: 5, lineStyle: { type: dashed ? "dashed" : "solid", width: 2 }, data: figures.days.map((day) => day[key]),
      });
      const look = axisLook(colors);
      return {
        ...base,
        tooltip: { ...base.tooltip, valueFormatter: told },
        xAxis: { type: "category", data: figures.days.map((day) => day.day.slice(5)), ...look },
        yAxis: { type: "value", ...look, axisLabel: { ...look.axisLabel, formatter: told } },
        series: [line(t("p50"), colors.primary, "p50_seconds", false), line(t("p95"), colors.warning, "p95_seconds", true)],
      };
    },
    [figures, t, language],
  );
  return <Chart label={t("trend.durations")} height={200} option={option} />;
}

function Days({ figures }: { figures: Figures }) {
  const t = useTexts(DETAIL);
  return (
    <Scroll label={t("trend")}>
    <Table
      size="small"
      rowKey="day"
      pagination={false}
      dataSource={figures.days.toReversed()}
      columns={[
        { title: t("day"), dataIndex: "day", rowScope: "row" },
        { title: t("runs"), dataIndex: "runs" },
        { title: t("successes"), dataIndex: "successes" },
        { title: t("failures"), dataIndex: "failures" },
        { title: t("cancelled"), dataIndex: "cancelled" },
        { title: t("p50"), dataIndex: "p50_seconds", render: (value: number | null) => <Duration seconds={value} /> },
        { title: t("p95"), dataIndex: "p95_seconds", render: (value: number | null) => <Duration seconds={value} /> },
      ]}
    />
    </Scroll>
  );
}

/** A wide table on a narrow screen; the keyboard scrolls it, too. */
function Scroll({ label, children }: { label: string; children: ReactNode }) {
  return <div role="region" aria-label={label} tabIndex={0} style={{ overflowX: "auto", whiteSpace: "nowrap" }}>{children}</div>;
}
