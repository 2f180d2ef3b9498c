// ECharts with only the parts that pages use. Everything is drawn on a canvas, so that no style attribute and no HTML is
// made from strings: the content security policy and trusted types forbid both.
import { BarChart, CustomChart, HeatmapChart, LineChart, ScatterChart } from "echarts/charts";
import {
  CalendarComponent, DataZoomComponent, GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent, VisualMapComponent,
} from "echarts/components";
import { type ECharts, init, use as register } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import type { ChartClick, ChartOption } from "./Chart";

register([
  BarChart, CustomChart, HeatmapChart, LineChart, ScatterChart, CalendarComponent, DataZoomComponent, GridComponent, LegendComponent,
  MarkAreaComponent, MarkLineComponent, TooltipComponent, VisualMapComponent, CanvasRenderer,
]);

export default function EChart({ option, height, onClick }: { option: ChartOption; height: number; onClick?: (click: ChartClick) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts | null>(null);
  const clicked = useRef(onClick);
  useEffect(() => {
    clicked.current = onClick;
  }, [onClick]);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    emptyWithoutHtml(element);
    const made = init(element);
    chart.current = made;
    made.on("click", (event) => clicked.current?.(event as unknown as ChartClick));
    const follow = new ResizeObserver(() => made.resize());
    follow.observe(element);
    return () => {
      follow.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);
  useEffect(() => {
    // Merged: what somebody zoomed or hid stays as it is while numbers change.
    chart.current?.setOption(option, { replaceMerge: ["series"] });
  }, [option]);
  return <div ref={box} style={{ width: "100%", height }} />;
}

/** The renderer empties its box by `innerHTML = ""`, which trusted types refuse; this box does so without. */
function emptyWithoutHtml(element: HTMLElement): void {
  Object.defineProperty(element, "innerHTML", { configurable: true, set: () => element.replaceChildren(), get: () => "" });
}
