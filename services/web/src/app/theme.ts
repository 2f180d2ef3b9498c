// Colours, type and density; the only place where they are chosen. Ant Design turns the tokens into CSS variables.
import { theme as antd, type ThemeConfig } from "antd";

const FONT =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans TC", "Noto Sans CJK TC", "PingFang TC", "Microsoft JhengHei", sans-serif';
export const MONO = 'ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "Noto Sans Mono", monospace';

export function themeOf(dark: boolean, motion: boolean): ThemeConfig {
  return {
    algorithm: dark ? antd.darkAlgorithm : antd.defaultAlgorithm,
    token: {
      colorPrimary: dark ? "#5b7cfa" : "#2f54eb",
      colorInfo: dark ? "#8ba3ff" : "#2f54eb",
      // Darker than Ant Design's own: text in these colours must be readable (WCAG AA, 4.5 : 1).
      ...(dark
        ? { colorError: "#ff7875", colorSuccess: "#6abe39", colorWarning: "#e8a33d", colorBgLayout: "#0f1115", colorBgContainer: "#171a21", colorBgElevated: "#1e222b", colorLink: "#8ba3ff", colorTextDescription: "rgba(255,255,255,0.65)", colorTextPlaceholder: "rgba(255,255,255,0.5)", /* On a dark ground a shadow alone shows no edge. */ boxShadowSecondary: "0 0 0 1px rgba(255,255,255,0.12), 0 6px 16px 0 rgba(0,0,0,0.5)" }
        : { colorPrimaryHover: "#3c55e0", colorSuccess: "#2e7d16", colorSuccessBg: "#eef8ea", colorSuccessBorder: "#b9dfae", colorWarning: "#a35200", colorWarningBg: "#fef4e6", colorWarningBorder: "#f3cf9e", colorError: "#cf1322", colorLink: "#2546c9", colorBgLayout: "#f5f6f8", colorTextDescription: "rgba(0,0,0,0.62)", colorTextPlaceholder: "rgba(0,0,0,0.56)" }),
      borderRadius: 8,
      fontFamily: FONT,
      fontFamilyCode: MONO,
      fontSize: 14,
      wireframe: false,
      motion,
    },
    components: {
      Layout: { headerHeight: 52, headerPadding: "0 16px", headerBg: dark ? "#171a21" : "#ffffff", siderBg: dark ? "#171a21" : "#ffffff" },
      Menu: { itemHeight: 36, itemBorderRadius: 6, activeBarBorderWidth: 0, itemBg: "transparent", subMenuItemBg: "transparent", ...(dark ? { itemSelectedColor: "#b4c2ff" } : {}) },
      Table: { headerBg: dark ? "#1e222b" : "#fafbfc", cellPaddingBlockMD: 8, cellPaddingInlineMD: 12 },
      Card: { bodyPadding: 16, headerPadding: 16, headerHeight: 46 },
      // The dark theme's red is too light for white text.
      Button: dark ? { dangerColor: "#1a0d0d" } : {},
      Descriptions: { labelColor: dark ? "rgba(255,255,255,0.65)" : "rgba(0,0,0,0.62)" },
      Tabs: dark ? { itemSelectedColor: "#8ba3ff", itemHoverColor: "#8ba3ff", itemActiveColor: "#8ba3ff" } : {},
    },
  };
}
