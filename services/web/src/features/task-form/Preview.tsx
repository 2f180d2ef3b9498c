// When it will run: the same function as the scheduler's, asked of the server. Clocks that change and blackouts are told
// in words, in the row where they matter.
import { Alert, Card, Skeleton } from "antd";
import { type ReactNode, useState } from "react";
import type { Schema } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { When } from "@/components/Time";
import { Help } from "./Field";
import { useForm } from "./form";
import { SCHEDULE } from "./schedule-texts";
import { usePreview } from "./usePreview";

type Shown = Schema<"Preview">;
type Fire = Shown["fires"][number];
type Dark = Shown["blackouts"][number];

const COUNTS = [10, 25, 50, 100];

export function Preview() {
  const t = useTexts(SCHEDULE);
  const { language } = usePreferences();
  const { draft } = useForm();
  const [count, setCount] = useState(10);
  const preview = usePreview(count);
  const shown = preview.data;
  const refused = preview.error instanceof ApiProblem && preview.error.status === 422 ? preview.error : null;
  return (
    <Card
      size="small"
      title={<h3 style={{ margin: 0, fontSize: 14 }}>{t("preview.title")}</h3>}
      extra={
        <select aria-label={t("preview.count")} value={count} onChange={(event) => setCount(Number(event.target.value))} style={{ height: 28, paddingInline: 6, borderRadius: 6, font: "inherit", color: "var(--ant-color-text)", background: "var(--ant-color-bg-container)", border: "1px solid var(--ant-color-border)" }}>
          {COUNTS.map((each) => (
            <option key={each} value={each}>{t("preview.show", { count: each })}</option>
          ))}
        </select>
      }
    >
      <div aria-live="polite">
        {refused ? (
          refused.errors.map((each, index) => <Alert key={index} type="error" showIcon title={each.detail} style={{ marginBlockEnd: 8 }} />)
        ) : preview.error && !shown ? (
          <Failure error={preview.error} retry={() => void preview.refetch()} />
        ) : !shown ? (
          preview.isLoading ? <Skeleton active title={false} /> : <Help>{t("preview.waiting")}</Help>
        ) : (
          <p style={{ margin: "0 0 8px", fontWeight: 600, fontSize: 15 }}>{shown.description[language]}</p>
        )}
      </div>
      {shown && !refused ? (
        <>
          {draft.enabled ? null : <Alert type="info" showIcon title={t("preview.disabled")} style={{ marginBlockEnd: 8 }} />}
          {shown.warnings.map((each) => (
            <Alert key={each.code} type="warning" showIcon title={each.detail} style={{ marginBlockEnd: 8 }} />
          ))}
          <Fires shown={shown} />
        </>
      ) : null}
    </Card>
  );
}

function Fires({ shown }: { shown: Shown }) {
  const t = useTexts(SCHEDULE);
  if (shown.fires.length === 0) return <Help>{t("preview.none")}</Help>;
  return (
    <div tabIndex={0} role="region" aria-label={t("preview.title")} style={{ maxHeight: 440, overflow: "auto" }}>
      <table style={{ width: "100%", borderCollapse: "collapse", fontSize: 13 }}>
        <thead style={{ position: "sticky", top: 0, background: "var(--ant-color-bg-container)", color: "var(--ant-color-text-description)" }}>
          <tr>
            <Head>{t("preview.local")}</Head>
            <Head>{t("preview.utc")}</Head>
            <Head>{t("preview.in")}</Head>
          </tr>
        </thead>
        <tbody>{rowsOf(shown).map((row) => ("local" in row ? <FireRow key={row.at} fire={row} /> : <DarkRow key={`dark ${row.first}`} dark={row} />))}</tbody>
      </table>
    </div>
  );
}

/** Fires and blackouts in one line of time. */
function rowsOf({ fires, blackouts }: Shown): (Fire | Dark)[] {
  const last = fires.at(-1)?.at ?? "";
  const timeOf = (row: Fire | Dark) => Date.parse("local" in row ? row.at : row.first);
  return [...fires, ...blackouts.filter((each) => Date.parse(each.first) < Date.parse(last))].sort((a, b) => timeOf(a) - timeOf(b));
}

function Head({ children }: { children: ReactNode }) {
  return <th scope="col" style={{ textAlign: "start", fontWeight: 500, padding: "2px 8px 6px 0" }}>{children}</th>;
}

function FireRow({ fire }: { fire: Fire }) {
  const t = useTexts(SCHEDULE);
  const { language } = usePreferences();
  const cell = { padding: "4px 8px 4px 0", borderBlockStart: "1px solid var(--ant-color-border-secondary)", verticalAlign: "top" } as const;
  const [date, time, offset] = parts(fire.local);
  const utc = new Date(fire.at).toISOString();
  const exact = fire.due_at && Date.parse(fire.due_at) !== Date.parse(fire.at) ? fire.due_at : null;
  const spread = fire.due_at === null ? fire.latest_at : null;
  return (
    <tr>
      <td style={cell} className="tabular">
        <span style={{ whiteSpace: "nowrap" }}>{date} <span style={{ color: "var(--ant-color-text-description)" }}>{weekday(fire.local, language)}</span></span>{" "}
        <span style={{ whiteSpace: "nowrap" }}><b>{time}</b> <span style={{ color: "var(--ant-color-text-description)" }}>{offset}</span></span>
        {exact ? <div>{t("preview.starts", { time: shifted(fire, exact) })}</div> : null}
        {spread ? <div title={t("preview.jitter")}>{t("preview.until", { time: shifted(fire, spread) })}</div> : null}
        {fire.note ? <div style={{ color: "var(--ant-color-warning-text)" }}>⚠ {fire.note}</div> : null}
      </td>
      <td style={cell} className="tabular">
        <span style={{ whiteSpace: "nowrap" }}>{utc.slice(5, 10)}</span> <span style={{ whiteSpace: "nowrap" }}>{clock(utc.slice(11, 19))}Z</span>
      </td>
      <td style={cell}><When at={fire.due_at ?? fire.at} /></td>
    </tr>
  );
}

function DarkRow({ dark }: { dark: Dark }) {
  return (
    <tr>
      <td colSpan={3} style={{ padding: "4px 0", borderBlockStart: "1px solid var(--ant-color-border-secondary)", color: "var(--ant-color-text-description)" }}>
        ⊘ {dark.note}
      </td>
    </tr>
  );
}

/** Date, time and offset of "2026-11-24T09:00:00+08:00". */
function parts(local: string): [string, string, string] {
  const found = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)[^+-Z]*(.*)$/.exec(local);
  return [found?.[1] ?? local, clock(found?.[2] ?? ""), found?.[3] ?? ""];
}

function clock(time: string): string {
  return time.endsWith(":00") ? time.slice(0, 5) : time;
}

/** What the clocks of the fire's own zone show at another instant close to it. */
function shifted(fire: Fire, instant: string): string {
  const offset = Date.parse(`${fire.local.slice(0, 19)}Z`) - Date.parse(fire.at);
  const text = new Date(Date.parse(instant) + offset).toISOString();
  const time = clock(text.slice(11, 19));
  return text.slice(0, 10) === fire.local.slice(0, 10) ? time : `${text.slice(0, 10)} ${time}`;
}

function weekday(local: string, language: string): string {
  return new Intl.DateTimeFormat(language, { weekday: "short", timeZone: "UTC" }).format(Date.parse(`${local.slice(0, 10)}T00:00:00Z`));
}
