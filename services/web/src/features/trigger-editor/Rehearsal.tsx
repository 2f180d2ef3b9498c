// What the trigger would make of stored events: how often it would have fired, and clause by clause what each of the
// latest events has.
import { CheckCircleFilled, CloseCircleOutlined } from "@ant-design/icons";
import { Alert, Button, Card, Collapse, Select, Space } from "antd";
import { ApiProblem } from "@/api/problem";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { Command } from "@/components/Command";
import { Failure } from "@/components/Failure";
import { useNow } from "@/components/now";
import { When } from "@/components/Time";
import { curl } from "@/features/events/curl";
import { PayloadTree } from "./PayloadTree";
import { TRIGGER } from "./texts";
import type { Tried, TriedEvent } from "./useEvents";

export const HOURS = [1, 6, 24, 72];

interface Props {
  tried: Tried | undefined;
  error: unknown;
  /** Nothing is asked: why. */
  idle: string | null;
  /** Events are shown to begin from, but no trigger is written yet. */
  blank: boolean;
  hours: number;
  onHours: (hours: number) => void;
  onPick: (expression: string, value: unknown) => void;
  onTake: (event: TriedEvent) => void;
}

export function Rehearsal({ tried, error, idle, blank, hours, onHours, onPick, onTake }: Props) {
  const t = useTexts(TRIGGER);
  const refused = error instanceof ApiProblem && error.status === 422;
  return (
    <Card
      size="small"
      title={<h3 style={{ margin: 0, fontSize: 15 }}>{t("events.title")}</h3>}
      extra={
        <Select
          aria-label={t("events.hours")}
          size="small"
          value={hours}
          onChange={onHours}
          options={HOURS.map((each) => ({ value: each, label: t("hours.n", { count: each }) }))}
          popupMatchSelectWidth={false}
        />
      }
    >
      <div role="status" aria-live="polite">
        {idle ? <p style={{ margin: 0, color: "var(--ant-color-text-description)" }}>{idle}</p> : refused ? <p style={{ margin: 0 }}>{t("would.fix")}</p> : blank ? <p style={{ margin: 0 }}>{t("would.write")}</p> : tried ? <Figures tried={tried} /> : null}
      </div>
      {error && !refused ? <Failure error={error} /> : null}
      {tried && !idle ? <EventList events={tried.events} blank={blank} onPick={onPick} onTake={onTake} /> : null}
    </Card>
  );
}

function Figures({ tried }: { tried: Tried }) {
  const t = useTexts(TRIGGER);
  const window = tried.window;
  if (!window) return <Alert type="warning" showIcon title={t("would.unavailable")} />;
  return (
    <div>
      <div style={{ fontSize: 18, fontWeight: 600 }}>{t("would.fired", { count: window.would_have_fired })}</div>
      <div style={{ color: "var(--ant-color-text-description)" }}>{t("would.of", { heard: window.events, matches: window.matches })}</div>
      <Strip firedAt={window.fired_at} hours={window.hours} />
      {window.complete ? null : <Alert type="info" showIcon title={t("would.incomplete")} style={{ marginBlockStart: 8 }} />}
    </div>
  );
}

const SLOTS = 48;

/** When it would have fired, as bars from past to now. */
function Strip({ firedAt, hours }: { firedAt: string[]; hours: number }) {
  const t = useTexts(TRIGGER);
  const now = useNow();
  if (firedAt.length === 0) return null;
  const span = hours * 3_600_000;
  const latest = Math.max(...firedAt.map((each) => Date.parse(each)));
  const end = Math.max(latest, now.getTime());
  const counts = Array.from({ length: SLOTS }, () => 0);
  for (const each of firedAt) {
    const slot = Math.min(SLOTS - 1, Math.max(0, Math.floor(((Date.parse(each) - (end - span)) / span) * SLOTS)));
    counts[slot] = (counts[slot] ?? 0) + 1;
  }
  const most = Math.max(...counts);
  return (
    <div role="img" aria-label={t("timeline.label")} style={{ display: "flex", alignItems: "flex-end", gap: 1, height: 28, marginBlockStart: 8, borderBlockEnd: "1px solid var(--ant-color-border)" }}>
      {counts.map((count, index) => (
        <span key={index} style={{ flex: 1, height: count ? Math.max(4, (count / most) * 26) : 0, background: "var(--ant-color-primary)", borderRadius: 1 }} />
      ))}
    </div>
  );
}

function EventList({ events, blank, onPick, onTake }: { events: TriedEvent[]; blank: boolean; onPick: Props["onPick"]; onTake: Props["onTake"] }) {
  const t = useTexts(TRIGGER);
  if (events.length === 0) {
    return (
      <div style={{ marginBlockStart: 12 }}>
        <p style={{ margin: "0 0 8px" }}>{t("list.empty")} {t("list.emptyHelp")}</p>
        <Command text={curl("/events", { source: "shop", type: "order.paid", data: { total: 120 } })} />
      </div>
    );
  }
  return (
    <div style={{ marginBlockStart: 12 }}>
      <h4 style={{ margin: "0 0 4px", fontSize: 14 }}>{t("list.title")}</h4>
      <p style={{ margin: "0 0 8px", color: "var(--ant-color-text-description)" }}>{t("list.hint")}</p>
      <Collapse
        size="small"
        defaultActiveKey={[`0`]}
        items={events.map((event, index) => ({
          key: String(index),
          label: <EventLine event={event} blank={blank} />,
          children: <EventDetail event={event} blank={blank} onPick={onPick} onTake={onTake} />,
        }))}
        style={{ maxHeight: 560, overflow: "auto" }}
      />
    </div>
  );
}

function EventLine({ event, blank }: { event: TriedEvent; blank: boolean }) {
  const t = useTexts(TRIGGER);
  return (
    <span style={{ display: "flex", flexWrap: "wrap", gap: 8, alignItems: "center" }}>
      {blank ? null : <span style={{ color: event.matches ? "var(--ant-color-success)" : "var(--ant-color-text-description)", whiteSpace: "nowrap" }}>
        {event.matches ? <CheckCircleFilled aria-hidden /> : <CloseCircleOutlined aria-hidden />} {event.matches ? t("match") : t("no.match")}
      </span>}
      <span className="mono break" style={{ flex: "1 1 140px" }}>{event.subject}</span>
      <When at={event.time} />
    </span>
  );
}

function EventDetail({ event, blank, onPick, onTake }: { event: TriedEvent; blank: boolean; onPick: Props["onPick"]; onTake: Props["onTake"] }) {
  const t = useTexts(TRIGGER);
  return (
    <div style={{ display: "grid", gap: 8 }}>
      <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 4 }}>
        {(blank ? [] : event.clauses).flatMap((clause) =>
          clause.parts.length > 0
            ? clause.parts.map((part, index) => <ClauseLine key={`${clause.clause}-${index}`} name={part.text} mono matches={part.matches} seen={part.seen} code={part.code} detail={part.detail} />)
            : [<ClauseLine key={clause.clause} name={clause.clause === "condition" && clause.wanted ? clause.wanted : t(`clause.name.${clause.clause}`)} mono={clause.clause === "condition"} matches={clause.matches} seen={clause.seen} code={clause.code} detail={clause.detail} wanted={clause.clause === "condition" ? null : clause.wanted} />],
        )}
      </ul>
      {event.data_cut ? <Alert type="info" title={t("data.cut")} /> : <PayloadTree data={event.data} onPick={onPick} />}
      <Space wrap>
        <Button size="small" onClick={() => onTake(event)}>{t("from.event")}</Button>
      </Space>
    </div>
  );
}

interface LineProps {
  name: string;
  mono: boolean;
  matches: boolean;
  seen: unknown;
  code: string | null;
  detail: string | null;
  wanted?: string | null;
}

function ClauseLine({ name, mono, matches, seen, code, detail, wanted }: LineProps) {
  const t = useTexts(TRIGGER);
  const { language } = usePreferences();
  const colon = language === "en" ? ": " : "：";
  const why = code === "condition.missing" ? t("missing.field", { field: detail ?? "" }) : code ? t("no.answer", { detail: detail ?? code }) : null;
  return (
    <li className="break" style={{ display: "flex", gap: 8 }}>
      <span style={{ color: matches ? "var(--ant-color-success)" : "var(--ant-color-error)" }}>
        {matches ? <CheckCircleFilled aria-label={t("match")} /> : <CloseCircleOutlined aria-label={t("no.match")} />}
      </span>
      <span>
        <span className={mono ? "mono" : ""}>{name}</span>
        {wanted ? <>{colon}<code className="mono">{wanted}</code></> : null}{" "}
        <span style={{ color: "var(--ant-color-text-description)" }}>{why ?? t("actual", { value: valueText(seen) })}</span>
      </span>
    </li>
  );
}

function valueText(seen: unknown): string {
  if (typeof seen === "object" && seen !== null && !Array.isArray(seen)) {
    const entries = Object.entries(seen);
    return entries.length === 0 ? "–" : entries.map(([name, value]) => `${name} = ${JSON.stringify(value)}`).join(", ");
  }
  return typeof seen === "string" ? seen : JSON.stringify(seen);
}
