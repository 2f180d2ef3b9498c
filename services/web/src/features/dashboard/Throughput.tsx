// Ends of runs over 24 hours, in bars of a quarter of an hour (half an hour on narrow screens). A click on a bar leads to its runs.
import { Grid } from "antd";
import { useCallback, useMemo } from "react";
import { useNavigate } from "react-router";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { Chart } from "@/components/Chart";
import { axisLook, baseOption, type ChartColors } from "@/components/chartColors";
import { type Board, bars, runsBetween } from "./figures";
import { BOARD } from "./texts";

const KINDS = ["success", "failure", "other"] as const;

export function Throughput({ board }: { board: Board }) {
  const t = useTexts(BOARD);
  const { language } = usePreferences();
  const navigate = useNavigate();
  const wide = Grid.useBreakpoint().md ?? true;
  const shown = useMemo(() => bars(board.throughput, wide ? 3 : 6), [board.throughput, wide]);
  const option = useCallback(
    (colors: ChartColors) => {
      const base = baseOption(colors);
      const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
      return {
        ...base,
        tooltip: { ...base.tooltip, axisPointer: { type: "shadow", shadowStyle: base.tooltip.axisPointer.shadowStyle } },
        xAxis: { type: "category", data: shown.map((bar) => `${clock.format(bar.from)}–${clock.format(bar.to)}`), ...axisLook(colors), axisLabel: { ...axisLook(colors).axisLabel, formatter: (label: string) => label.split("–")[0] ?? label } },
        yAxis: { type: "value", minInterval: 1, ...axisLook(colors) },
        series: KINDS.map((kind) => ({
          type: "bar",
          stack: "ends",
          name: t(kind),
          barCategoryGap: "20%",
          itemStyle: { color: colors[kind] },
          data: shown.map((bar) => bar[kind]),
        })),
      };
    },
    [shown, language, t],
  );
  return (
    <>
      <Chart
        label={t("throughput.label", board.ended_24h)}
        height={240}
        option={option}
        onClick={({ dataIndex, seriesName }) => {
          const bar = shown[dataIndex];
          if (bar) void navigate(runsBetween(bar.from, bar.to, seriesName === t("failure") ? "failure,timed_out,needs_operator" : ""));
        }}
        table={<Hours board={board} />}
      />
      <p className="board-more" style={{ margin: "4px 0 0" }}>{t("throughput.click")}</p>
    </>
  );
}

function Hours({ board }: { board: Board }) {
  const t = useTexts(BOARD);
  const { language } = usePreferences();
  const clock = new Intl.DateTimeFormat(language, { weekday: "short", hour: "2-digit", hourCycle: "h23" });
  const hours = bars(board.throughput, 12);
  return (
    <table>
      <caption>{t("throughput.title")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("throughput.hour")}</th>
          {KINDS.map((kind) => <th key={kind} scope="col">{t(kind)}</th>)}
        </tr>
      </thead>
      <tbody>
        {hours.map((bar) => (
          <tr key={bar.from.getTime()}>
            <th scope="row">{clock.format(bar.from)}</th>
            {KINDS.map((kind) => <td key={kind}>{bar[kind]}</td>)}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
