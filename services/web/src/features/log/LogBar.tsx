// The tools above a log: levels, search, errors, wrap, times, folds, following, download.
import {
  ArrowDownOutlined, ArrowUpOutlined, ColumnHeightOutlined, DownloadOutlined, FilterOutlined, VerticalAlignBottomOutlined, WarningOutlined,
} from "@ant-design/icons";
import { Button, Dropdown, Grid, Input, type InputRef, Space, Tooltip } from "antd";
import type { RefObject } from "react";
import { BASE } from "@/api/client";
import { usePreferences } from "@/app/preferences";
import { isComposing } from "@/app/shortcuts";
import { useTexts } from "@/app/texts";
import { LEVELS, type Level } from "./lines";
import { LOG_TEXTS } from "./texts";
import { type Times, TIMES } from "./times";

export interface LogBarProps {
  runId: string;
  counts: Record<Level, number>;
  levels: ReadonlySet<string>;
  onLevels: (levels: Set<string>) => void;
  search: string;
  onSearch: (text: string) => void;
  searchBox: RefObject<InputRef | null>;
  onlyMatches: boolean;
  onOnlyMatches: (only: boolean) => void;
  /** How many lines contain the text, and the place among them where one is (from 1). */
  matches: number;
  at: number;
  onMatch: (step: 1 | -1) => void;
  errors: number;
  onError: (step: 1 | -1) => void;
  wrap: boolean;
  onWrap: () => void;
  times: Times;
  onTimes: (times: Times) => void;
  foldable: boolean;
  onFoldAll: () => void;
  follow: boolean;
  onFollow: () => void;
}

export function LogBar(props: LogBarProps) {
  const t = useTexts(LOG_TEXTS);
  const { language } = usePreferences();
  const wide = Grid.useBreakpoint().lg ?? true;
  const toggle = (level: Level) => {
    const levels = new Set(props.levels);
    if (levels.has(level)) levels.delete(level);
    else levels.add(level);
    props.onLevels(levels);
  };
  return (
    <div className="log-bar">
      <Search {...props} />
      <Space.Compact>
        {props.errors > 0 ? (
          <Tooltip title={`${t("error.next")} (n)`}>
            <Button size="small" danger icon={<WarningOutlined />} onClick={() => props.onError(1)} aria-label={`${props.errors.toLocaleString(language)} · ${t("error.next")}`}>
              {props.errors.toLocaleString(language)}
            </Button>
          </Tooltip>
        ) : null}
        {props.errors > 1 ? (
          <Tooltip title={`${t("error.previous")} (p)`}>
            <Button size="small" danger icon={<ArrowUpOutlined />} onClick={() => props.onError(-1)} aria-label={t("error.previous")} />
          </Tooltip>
        ) : null}
      </Space.Compact>
      <Space wrap size={4} role="group" aria-label={t("levels.label")}>
        {LEVELS.filter((level) => props.counts[level] > 0 || !props.levels.has(level)).map((level) => (
          <Button key={level} size="small" type={props.levels.has(level) ? "primary" : "default"} ghost={props.levels.has(level)} aria-pressed={props.levels.has(level)} onClick={() => toggle(level)}>
            {t(`level.${level}`)} <span className="tabular">{props.counts[level].toLocaleString(language)}</span>
          </Button>
        ))}
      </Space>
      <Space wrap size={4} style={{ marginInlineStart: "auto" }}>
        {props.foldable ? (
          <Tooltip title={`${t("expand")} (e)`}>
            <Button size="small" icon={<ColumnHeightOutlined />} onClick={props.onFoldAll} aria-label={t("expand")} />
          </Tooltip>
        ) : null}
        <Button size="small" type={props.wrap ? "primary" : "default"} ghost={props.wrap} aria-pressed={props.wrap} onClick={props.onWrap}>{t("wrap")}</Button>
        <Dropdown
          trigger={["click"]}
          menu={{ selectable: true, selectedKeys: [props.times], items: TIMES.map((each) => ({ key: each, label: t(`times.${each}`) })), onClick: ({ key }) => props.onTimes(key as Times) }}
        >
          <Button size="small">{t("times")}: {t(`times.${props.times}`)}</Button>
        </Dropdown>
        <Button size="small" icon={<VerticalAlignBottomOutlined />} type={props.follow ? "primary" : "default"} ghost={props.follow} aria-pressed={props.follow} onClick={props.onFollow}>
          {t("follow")}
        </Button>
        <Button size="small" icon={<DownloadOutlined />} href={`${BASE}/automation-runs/${props.runId}/lines/download`} download aria-label={t("download")}>
          {wide ? t("download") : null}
        </Button>
      </Space>
    </div>
  );
}

function Search({ search, onSearch, searchBox, onlyMatches, onOnlyMatches, matches, at, onMatch }: LogBarProps) {
  const t = useTexts(LOG_TEXTS);
  return (
    <Space wrap size={4}>
      <Input
        ref={searchBox}
        size="small"
        allowClear
        value={search}
        placeholder={t("search")}
        aria-label={t("search")}
        style={{ width: 200 }}
        maxLength={200}
        onChange={(event) => onSearch(event.target.value)}
        onPressEnter={(event) => {
          if (!isComposing(event.nativeEvent)) onMatch(event.shiftKey ? -1 : 1);
        }}
      />
      {search ? (
        <>
          <span role="status" className="tabular">{matches ? t("search.count", { at: Math.max(at, 1), count: matches }) : t("search.none")}</span>
          <Button size="small" type="text" icon={<ArrowUpOutlined />} disabled={!matches} aria-label={t("search.previous")} onClick={() => onMatch(-1)} />
          <Button size="small" type="text" icon={<ArrowDownOutlined />} disabled={!matches} aria-label={t("search.next")} onClick={() => onMatch(1)} />
          <Tooltip title={t("search.only")}>
            <Button size="small" icon={<FilterOutlined />} type={onlyMatches ? "primary" : "default"} ghost={onlyMatches} aria-pressed={onlyMatches} aria-label={t("search.only")} onClick={() => onOnlyMatches(!onlyMatches)} />
          </Tooltip>
        </>
      ) : null}
    </Space>
  );
}
