// One row of a log: number (a link), time, sign of the level, text with its colours and what was looked for.
import { DownOutlined, RightOutlined } from "@ant-design/icons";
import { memo, type MouseEvent } from "react";
import { useTexts } from "@/app/texts";
import { hasAnsi, piecesOf, type Piece } from "./ansi";
import { type Line, placeOf, type Row } from "./lines";
import { LOG_TEXTS } from "./texts";

export interface RowLook {
  times: string | null;
  search: string;
  marked: boolean;
  current: boolean;
}

const SIGNS: Record<string, string> = { error: "E", warning: "W", debug: "D" };

export const LineRow = memo(function LineRow({ row, look, onNumber }: { row: Row & { kind: "line" }; look: RowLook; onNumber: (line: Line, event: MouseEvent) => void }) {
  const t = useTexts(LOG_TEXTS);
  const { line } = row;
  const place = placeOf(line);
  const level = line.level in SIGNS ? line.level : "info";
  const names = ["log-row", `log-${level}`, look.marked ? "log-marked" : "", look.current ? "log-now" : "", row.depth ? "log-deep" : ""];
  return (
    <div className={names.join(" ")} data-place={place}>
      <a className="log-number tabular" href={`#L${place}`} aria-label={t("line", { place })} tabIndex={-1} onClick={(event) => onNumber(line, event)}>
        {place}
      </a>
      {look.times === null ? null : <span className="log-time tabular">{look.times}</span>}
      <span className="log-sign" aria-label={level === "info" ? undefined : level}>{SIGNS[level] ?? ""}</span>
      <span className="log-text">
        {(hasAnsi(line.text) ? piecesOf(line.text) : [{ text: line.text, looks: [] }]).map((piece, index) => (
          <PieceView key={index} piece={piece} search={look.search} />
        ))}
      </span>
    </div>
  );
});

function PieceView({ piece, search }: { piece: Piece; search: string }) {
  const text = search ? <Marked text={piece.text} search={search} /> : piece.text;
  return piece.looks.length > 0 ? <span className={piece.looks.join(" ")}>{text}</span> : <>{text}</>;
}

function Marked({ text, search }: { text: string; search: string }) {
  const parts = [];
  const lower = text.toLowerCase();
  let from = 0;
  for (let at = lower.indexOf(search); at >= 0 && parts.length < 200; at = lower.indexOf(search, from)) {
    parts.push(text.slice(from, at), <mark key={at}>{text.slice(at, at + search.length)}</mark>);
    from = at + search.length;
  }
  return <>{parts}{text.slice(from)}</>;
}

/** The head of an attempt or a group: folds what is below it. */
export function HeadRow({ row, onFold }: { row: Row & { kind: "attempt" | "group" }; onFold: (key: string) => void }) {
  const t = useTexts(LOG_TEXTS);
  const title = row.kind === "attempt" ? t("attempt", { n: row.attempt }) : row.title;
  return (
    <button type="button" className="log-head" aria-expanded={!row.folded} onClick={() => onFold(row.key)}>
      {row.folded ? <RightOutlined aria-hidden /> : <DownOutlined aria-hidden />}
      <span>{title}</span>
    </button>
  );
}
