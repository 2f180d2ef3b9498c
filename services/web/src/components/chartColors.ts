// The colours that charts use, taken from the theme so that dark mode follows. A canvas knows no CSS variables.
import type { GlobalToken } from "antd";

export interface ChartColors {
  text: string;
  faint: string;
  line: string;
  background: string;
  raised: string;
  success: string;
  failure: string;
  warning: string;
  other: string;
  primary: string;
  font: string;
  dark: boolean;
}

export function colorsOf(token: GlobalToken, dark: boolean): ChartColors {
  return {
    text: token.colorText,
    faint: dark ? "rgba(255,255,255,0.65)" : "rgba(0,0,0,0.62)",
    line: token.colorBorderSecondary,
    background: token.colorBgContainer,
    raised: token.colorBgElevated,
    success: dark ? "#49aa19" : "#389e0d",
    failure: dark ? "#e5484d" : "#cf1322",
    warning: dark ? "#d89614" : "#d48806",
    other: dark ? "#6b7280" : "#9ca3af",
    primary: token.colorPrimary,
    font: token.fontFamily,
    dark,
  };
}

/** What every chart with axes begins with: small type, quiet lines, a tooltip that is drawn (no HTML). */
export function baseOption(colors: ChartColors) {
  return {
    textStyle: { fontFamily: colors.font, color: colors.text },
    animation: false,
    grid: { left: 8, right: 8, top: 28, bottom: 4, containLabel: true },
    tooltip: {
      trigger: "axis" as const,
      // Drawn on the canvas: the content security policy allows no HTML from strings.
      renderMode: "richText" as const,
      confine: true,
      backgroundColor: colors.raised,
      borderColor: colors.line,
      textStyle: { color: colors.text, fontSize: 12 },
      axisPointer: { lineStyle: { color: colors.faint }, shadowStyle: { color: colors.dark ? "rgba(255,255,255,0.06)" : "rgba(0,0,0,0.05)" } },
    },
    legend: { top: 0, right: 0, itemWidth: 12, itemHeight: 8, textStyle: { color: colors.faint, fontSize: 12 } },
  };
}

/** Labels and lines of an axis. */
export function axisLook(colors: ChartColors) {
  return {
    axisLabel: { color: colors.faint, fontSize: 11, hideOverlap: true },
    axisLine: { lineStyle: { color: colors.line } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: colors.line } },
  };
}
