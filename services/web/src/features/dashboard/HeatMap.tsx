// Failures of 30 days by hour: as days, where an outage shows as a stain, or added up by weekday, where a pattern does.
import { Segmented } from "antd";
import { useCallback, useMemo } from "react";
import { useNavigate } from "react-router";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { Chart } from "@/components/Chart";
import { axisLook, baseOption, type ChartColors } from "@/components/chartColors";
import { useUrlState } from "@/components/urlState";
import { type Board, type Cell, cellsByDay, cellsByWeekday, lastDays, runsBetween } from "./figures";
import { Panel } from "./Panel";
import { BOARD } from "./texts";

const DAYS = 30;
const HOUR = 3_600_000;

export function HeatMap({ board }: { board: Board }) {
  const t = useTexts(BOARD);
  const { language } = usePreferences();
  const navigate = useNavigate();
  const [{ heat }, setUrl] = useUrlState({ heat: "days" });
  const byDay = heat !== "weekdays";
  const today = new Date(board.at).toDateString();
  const rows = useMemo(() => rowsOf(byDay, today, language), [byDay, today, language]);
  const cells = useMemo(
    () => (byDay ? cellsByDay(board.hours, lastDays(new Date(today), DAYS)) : cellsByWeekday(board.hours)),
    [board.hours, byDay, today],
  );
  const total = board.hours.reduce((sum, each) => sum + each.failures, 0);
  const option = useCallback((colors: ChartColors) => heatOption(colors, rows, cells, t), [rows, cells, t]);
  return (
    <Panel
      id="heat"
      title={t("heat.title")}
      extra={
        <Segmented
          size="small"
          aria-label={t("heat.view")}
          value={byDay ? "days" : "weekdays"}
          onChange={(chosen) => setUrl({ heat: chosen }, { replace: true })}
          options={[{ value: "days", label: t("heat.days") }, { value: "weekdays", label: t("heat.weekdays") }]}
        />
      }
    >
      <Chart
        label={t("heat.label", { count: total })}
        height={264}
        option={option}
        onClick={({ dataIndex }) => {
          const from = cells[dataIndex]?.from;
          if (from) void navigate(runsBetween(from, new Date(from.getTime() + HOUR), "failure,timed_out,needs_operator"));
        }}
        table={<p>{total === 0 ? t("heat.none") : worst(cells, rows, t)}</p>}
      />
    </Panel>
  );
}

function rowsOf(byDay: boolean, today: string, language: string): string[] {
  if (byDay) {
    const format = new Intl.DateTimeFormat(language, { month: "2-digit", day: "2-digit" });
    return lastDays(new Date(today), DAYS).map((day) => format.format(day));
  }
  const format = new Intl.DateTimeFormat(language, { weekday: "short" });
  return Array.from({ length: 7 }, (_, day) => format.format(new Date(2024, 0, 1 + day))); // a Monday
}

type Say = (key: "heat.cell", values: Record<string, number>) => string;

function heatOption(colors: ChartColors, rows: string[], cells: Cell[], t: Say) {
  const base = baseOption(colors);
  const most = Math.max(1, ...cells.map((each) => each.failures));
  return {
    ...base,
    legend: { show: false },
    grid: { ...base.grid, top: 4 },
    tooltip: {
      ...base.tooltip,
      trigger: "item",
      formatter: ({ data }: { data: { value: [number, number, number, number] } }) => {
        const [hour, row, failures, runs] = data.value;
        return `${rows[row]} ${String(hour).padStart(2, "0")}:00\n${t("heat.cell", { runs, failures })}`;
      },
    },
    xAxis: { type: "category", data: Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, "0")), ...axisLook(colors), splitLine: { show: false }, splitArea: { show: true, areaStyle: { color: [colors.dark ? "rgba(255,255,255,0.03)" : "rgba(0,0,0,0.025)", "transparent"] } } },
    yAxis: { type: "category", inverse: true, data: rows, ...axisLook(colors), splitLine: { show: false } },
    visualMap: {
      show: false,
      type: "continuous",
      min: 0,
      max: most,
      dimension: 2,
      inRange: { color: [colors.dark ? "#22331f" : "#e6f4e1", colors.dark ? "#8a3a2a" : "#f3a88b", colors.failure] },
    },
    series: [
      {
        type: "heatmap",
        progressive: 0, // all at once: what is drawn bit by bit is missing while the machine is busy
        data: cells.map((each) => ({ value: [each.hour, each.row, each.failures, each.runs] })),
        itemStyle: { borderColor: colors.background, borderWidth: 1, borderRadius: 2 },
      },
    ],
  };
}

/** The five worst hours in words. */
function worst(cells: Cell[], rows: string[], t: Say): string {
  return [...cells]
    .filter((each) => each.failures > 0)
    .sort((one, other) => other.failures - one.failures)
    .slice(0, 5)
    .map((each) => `${rows[each.row]} ${each.hour}:00: ${t("heat.cell", { runs: each.runs, failures: each.failures })}`)
    .join("; ");
}
