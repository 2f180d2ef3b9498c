// A chart, loaded when it is first shown. What it draws is data of a page that also says it in words: `label` is what a
// screen reader hears, `table` the numbers behind it.
//
//   <Chart label={t("throughput")} height={220} option={(colors) => ({ ... })} table={<table>…</table>} />
import { Skeleton, theme } from "antd";
import type { EChartsCoreOption } from "echarts/core";
import { lazy, type ReactNode, Suspense, useMemo } from "react";
import { usePreferences } from "@/app/preferences";
import { type ChartColors, colorsOf } from "./chartColors";

const EChart = lazy(() => import("./EChart"));

export type ChartOption = EChartsCoreOption;
/** What of a click on a chart pages use: the series, the place within it, and its data. */
export interface ChartClick {
  seriesName?: string;
  dataIndex: number;
  name: string;
  value: unknown;
}

export interface ChartProps {
  label: string;
  height: number;
  /** Made from the theme's colours; wrap it in `useCallback`, it is asked anew when it changes. */
  option: (colors: ChartColors) => ChartOption;
  /** The same numbers for those who see no picture. */
  table?: ReactNode;
  onClick?: (click: ChartClick) => void;
}

export function Chart({ label, height, option, table, onClick }: ChartProps) {
  const { dark } = usePreferences();
  const { token } = theme.useToken();
  const made = useMemo(() => option(colorsOf(token, dark)), [option, token, dark]);
  return (
    <figure style={{ margin: 0 }}>
      <div role="img" aria-label={label} style={{ height, minWidth: 0 }}>
        <Suspense fallback={<Skeleton.Node active style={{ width: "100%", height }} />}>
          <EChart option={made} height={height} {...(onClick ? { onClick } : {})} />
        </Suspense>
      </div>
      {table ? <div className="visually-hidden">{table}</div> : null}
    </figure>
  );
}
