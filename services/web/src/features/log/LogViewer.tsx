// The log of a run, live: only what is on the screen is drawn, so that a hundred thousand lines scroll like ten.
// Follows the end until one scrolls up; `#L120` and `#L120-L130` are addresses of lines. Keys: n/p errors,
// e fold, w wrap, t times, / search.
import { useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Button, type InputRef } from "antd";
import { type MouseEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { api, ask } from "@/api/client";
import { useShortcut } from "@/app/shortcuts";
import { useTexts } from "@/app/texts";
import { useSettled } from "@/components/settled";
import { plain } from "./ansi";
import { compare, hashOf, indexOf, isWithin, LEVELS, type Line, nextOf, rangeOf, type View } from "./lines";
import { LogBar } from "./LogBar";
import { LogFoot } from "./LogFoot";
import { HeadRow, LineRow } from "./LogRow";
import { keepLook, readLook } from "./look";
import { LOG_TEXTS } from "./texts";
import { timesOf, TIMES, timeText } from "./times";
import { useLog } from "./useLog";
import "./log.css";

const ROW = 20;
/** So near the end counts as the end. */
const NEAR = 40;

export interface LogViewerProps {
  runId: string;
  /** Whether the run may still write. */
  live: boolean;
  /** Several attempts get heads that fold. */
  attempts?: number;
  height?: string;
}

export function LogViewer({ runId, live, attempts = 1, height = "min(70vh, 800px)" }: LogViewerProps) {
  const t = useTexts(LOG_TEXTS);
  const { hash } = useLocation();
  const navigate = useNavigate();
  const [look, setLook] = useState(readLook);
  const [levels, setLevels] = useState<ReadonlySet<string>>(new Set<string>(LEVELS));
  const [search, setSearch] = useState("");
  const [onlyMatches, setOnlyMatches] = useState(false);
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set<string>());
  const [follow, setFollow] = useState(live && !hash);
  const [seenLines, setSeenLines] = useState(0);
  const [current, setCurrent] = useState<number | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const searchBox = useRef<InputRef>(null);
  const wanted = useSettled(search.trim().toLowerCase(), 150);

  const view = useMemo<View>(
    () => ({ levels, search: wanted, onlyMatches, folded, attempts: attempts > 1 }),
    [levels, wanted, onlyMatches, folded, attempts],
  );
  const { log, rows, matches, errors, heads, counts, again } = useLog(runId, view);
  const range = useMemo(() => rangeOf(hash), [hash]);
  const since = new Date(log.lines[0]?.at ?? 0).getTime();

  // eslint-disable-next-line react-hooks/incompatible-library -- it tells by itself when to draw again
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 20,
    getItemKey: (index) => rows[index]?.key ?? index,
  });
  const items = virtual.getVirtualItems();

  const goTo = useCallback(
    (index: number, align: "center" | "start" | "end" = "center") => {
      setFollow(false);
      setCurrent(index);
      virtual.scrollToIndex(index, { align });
    },
    [virtual],
  );

  // Follow the end.
  useEffect(() => {
    if (follow && rows.length > 0) virtual.scrollToIndex(rows.length - 1, { align: "end" });
  }, [follow, rows.length, log.version, virtual]);

  // An address of a line: go there as soon as it has come.
  const gone = useRef("");
  useEffect(() => {
    const last = log.lines[log.lines.length - 1];
    if (!range || gone.current === hash || !last) return;
    if (compare(last, range.from) < 0 && log.state !== "ended") return;
    gone.current = hash;
    virtual.scrollToIndex(indexOf(rows, range.from), { align: "center" });
  }, [hash, range, rows, log, virtual]);

  const onScroll = () => {
    const element = box.current;
    if (!element) return;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    if (atEnd && live && log.state !== "ended" && !follow) setFollow(true);
    if (atEnd) setSeenLines(log.lines.length);
  };
  // Only a person's own movement stops the following; lines that come move the end, too.
  const letGo = () => {
    if (follow) {
      setFollow(false);
      setSeenLines(log.lines.length);
    }
  };

  const onNumber = useCallback(
    (line: Line, event: MouseEvent) => {
      event.preventDefault();
      const before = rangeOf(window.location.hash);
      const chosen = event.shiftKey && before ? { from: before.from, to: line } : { from: line, to: line };
      const ordered = compare(chosen.from, chosen.to) <= 0 ? chosen : { from: chosen.to, to: chosen.from };
      gone.current = hashOf(ordered);
      setFollow(false);
      void navigate({ search: window.location.search, hash: hashOf(ordered) }, { replace: true, preventScrollReset: true });
    },
    [navigate],
  );
  const clear = () => void navigate({ search: window.location.search, hash: "" }, { replace: true, preventScrollReset: true });

  const fold = (key: string) =>
    setFolded((before) => {
      const after = new Set(before);
      if (!after.delete(key)) after.add(key);
      return after;
    });
  const foldAll = () => setFolded(folded.size > 0 ? new Set<string>() : new Set(heads));
  const change = (changes: Partial<typeof look>) => setLook(keepLook({ ...look, ...changes }));
  const jump = (places: readonly number[], step: 1 | -1) => {
    const from = current ?? (step > 0 ? -1 : rows.length);
    const next = nextOf(places, from, step);
    if (next !== null) goTo(next);
  };
  // Enter before the search has settled: go there as soon as its matches are known.
  const settled = search.trim().toLowerCase() === wanted;
  const hurried = useRef<1 | -1 | null>(null);
  useEffect(() => {
    const step = hurried.current;
    const next = step === null || !settled ? null : nextOf(matches, step > 0 ? -1 : rows.length, step);
    if (next === null) return;
    hurried.current = null;
    goTo(next);
  }, [settled, matches, rows.length, goTo]);
  const match = (step: 1 | -1) => {
    if (settled && matches.length > 0) jump(matches, step);
    else hurried.current = step;
  };
  const nextTimes = TIMES[(TIMES.indexOf(look.times) + 1) % TIMES.length];

  useShortcut("n", t("error.next"), () => jump(errors, 1), { enabled: errors.length > 0 });
  useShortcut("p", t("error.previous"), () => jump(errors, -1), { enabled: errors.length > 0 });
  useShortcut("e", t("expand"), foldAll, { enabled: heads.length > 0 });
  useShortcut("w", t("wrap"), () => change({ wrap: !look.wrap }));
  useShortcut("t", t("times.next"), () => change({ times: timesOf(nextTimes ?? null) }));
  useShortcut("/", t("search"), () => searchBox.current?.focus());

  const missing = useMissing(runId, log.state === "ended", log.lines.length + log.dropped);
  const selected = useMemo(() => {
    if (!range) return null;
    const chosen = log.lines.filter((line) => isWithin(line, range));
    return { count: chosen.length, text: chosen.map((line) => plain(line.text)).join("\n"), link: window.location.href };
  }, [range, log]);
  const fresh = log.lines.length - seenLines;

  return (
    <section className={look.wrap ? "log log-wrap" : "log"} aria-label={t("title")} style={{ height: `max(260px, min(${height}, ${virtual.getTotalSize() + 110}px))` }}>
      <LogBar
        runId={runId} counts={counts} levels={levels} onLevels={setLevels}
        search={search} onSearch={(text) => { hurried.current = null; setSearch(text); setCurrent(null); }} searchBox={searchBox}
        onlyMatches={onlyMatches} onOnlyMatches={setOnlyMatches}
        matches={matches.length} at={matches.indexOf(current ?? -1) + 1} onMatch={match}
        errors={errors.length} onError={(step) => jump(errors, step)}
        wrap={look.wrap} onWrap={() => change({ wrap: !look.wrap })}
        times={look.times} onTimes={(times) => change({ times })}
        foldable={heads.length > 0} onFoldAll={foldAll}
        follow={follow} onFollow={() => { setFollow(!follow); setSeenLines(log.lines.length); }}
      />
      <div style={{ position: "relative", flex: 1, minHeight: 0, display: "flex" }}>
        {/* A log is read, also with the keyboard alone. */}
        <div ref={box} className="log-scroll" role="log" aria-live="off" aria-label={t("title")} tabIndex={0} onScroll={onScroll} onWheel={(event) => event.deltaY < 0 && letGo()} onTouchMove={letGo} onKeyDown={(event) => ["ArrowUp", "PageUp", "Home"].includes(event.key) && letGo()}>
          {rows.length === 0 ? <Nothing filtered={log.lines.length > 0} ended={log.state === "ended"} onClear={() => { setLevels(new Set<string>(LEVELS)); setSearch(""); }} /> : null}
          <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
            <div className="log-block" style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}>
              {items.map((item) => {
                const row = rows[item.index];
                if (!row) return null;
                return (
                  <div key={item.key} data-index={item.index} ref={virtual.measureElement}>
                    {row.kind === "line" ? (
                      <LineRow
                        row={row}
                        onNumber={onNumber}
                        look={{ times: timeText(row.line.at, look.times, since), search: wanted, marked: isWithin(row.line, range), current: item.index === current }}
                      />
                    ) : (
                      <HeadRow row={row} onFold={fold} />
                    )}
                  </div>
                );
              })}
            </div>
          </div>
        </div>
        {!follow && live && fresh > 0 && log.state !== "ended" ? (
          <Button className="log-resume" type="primary" size="small" onClick={() => setFollow(true)}>
            {t("follow.resume", { count: fresh })}
          </Button>
        ) : null}
      </div>
      <LogFoot log={log} missing={missing} onAgain={again} selected={selected} onClear={clear} />
    </section>
  );
}

function Nothing({ filtered, ended, onClear }: { filtered: boolean; ended: boolean; onClear: () => void }) {
  const t = useTexts(LOG_TEXTS);
  return (
    <div style={{ padding: 24, textAlign: "center" }}>
      {filtered ? t("empty.filtered") : ended ? t("empty.ended") : t("empty.live")}
      {filtered ? <div><Button size="small" type="link" onClick={onClear}>{t("empty.clear")}</Button></div> : null}
    </div>
  );
}

/** Lines that arrived after the stream had ended: rare, but a log that hides them would lie. */
function useMissing(runId: string, ended: boolean, count: number): number {
  const marks = useQuery({
    queryKey: ["runs", "marks", runId],
    queryFn: () => ask(api.GET("/api/v1/group-ai/automation-runs/{run_id}/lines/marks", { params: { path: { run_id: runId } } })),
    enabled: ended,
    staleTime: 5_000,
  });
  return ended && marks.data ? Math.max(marks.data.total - count, 0) : 0;
}
