// What a change would do, as the server rehearsed it: one sentence first, then fields, times, runs and tied tasks.
import { ClockCircleOutlined, ThunderboltOutlined } from "@ant-design/icons";
import { Alert, Tag } from "antd";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Schema } from "@/api/client";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { exact } from "@/components/format";
import { useNow } from "@/components/now";
import { changedFields, type Draft, draftOf, EMPTY } from "./fields";
import { NAMES, REVIEW } from "./review-texts";
import { Value } from "./values";

export type Plan = Schema<"TaskPlan">;
type Fire = Plan["fires_after"][number];

const WEEK = 7 * 86_400_000;

export function PlanView({ plan, base }: { plan: Plan; base: Draft | null }) {
  const t = useTexts(REVIEW);
  return (
    <div style={{ display: "grid", gap: 16 }}>
      <p style={{ margin: 0, fontSize: 15 }}>{plan.summary}</p>
      {plan.fires_now ? <Alert type="warning" showIcon icon={<ThunderboltOutlined />} title={t("plan.now")} /> : null}
      {plan.task?.warnings.length ? <Alert type="warning" showIcon title={t("plan.warnings")} description={<List items={plan.task.warnings.map((each) => each.detail)} />} /> : null}
      <Runs plan={plan} />
      {base ? <Changes base={base} plan={plan} /> : null}
      <Fires plan={plan} />
      <Tied plan={plan} />
    </div>
  );
}

function Part({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section>
      <div style={{ display: "flex", flexWrap: "wrap", gap: 8, alignItems: "center", marginBlockEnd: 6 }}>
        <h3 style={{ margin: 0, fontSize: 14 }}>{title}</h3>
        {aside}
      </div>
      {children}
    </section>
  );
}

function List({ items }: { items: string[] }) {
  return (
    <ul style={{ margin: 0, paddingInlineStart: 20 }}>
      {items.map((each, index) => (
        <li key={index}>{each}</li>
      ))}
    </ul>
  );
}

function Runs({ plan }: { plan: Plan }) {
  const t = useTexts(REVIEW);
  const changed = plan.queued_runs_affected - plan.queued_runs_taken_back;
  const items = [
    ...(plan.queued_runs_taken_back ? [t("plan.takenBack", { count: plan.queued_runs_taken_back })] : []),
    ...(changed ? [t("plan.queued", { count: changed })] : []),
    ...(plan.running_runs_affected ? [t("plan.running", { count: plan.running_runs_affected })] : []),
  ];
  return items.length > 0 ? <List items={items} /> : null;
}

function Changes({ base, plan }: { base: Draft; plan: Plan }) {
  const t = useTexts(REVIEW);
  const name = useTexts(NAMES);
  // The server's normal form of what was sent, so that what is shown is what will be stored.
  const after = plan.task ? draftOf(plan.task) : EMPTY;
  const fields = changedFields(base, after);
  if (fields.length === 0) return null;
  const cell = { padding: "6px 8px 6px 0", verticalAlign: "top", borderBlockStart: "1px solid var(--ant-color-border-secondary)", textAlign: "start", fontWeight: 400 } as const;
  return (
    <Part title={t("plan.changes")}>
      <table style={{ width: "100%", borderCollapse: "collapse", tableLayout: "fixed" }}>
        <thead style={{ color: "var(--ant-color-text-description)" }}>
          <tr>
            <th scope="col" style={{ textAlign: "start", fontWeight: 400, width: "24%" }}>{t("plan.field")}</th>
            <th scope="col" style={{ textAlign: "start", fontWeight: 400 }}>{t("plan.before")}</th>
            <th scope="col" style={{ textAlign: "start", fontWeight: 400 }}>{t("plan.after")}</th>
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <tr key={field}>
              <th scope="row" style={cell}>{name(field)}</th>
              <td style={{ ...cell, color: "var(--ant-color-text-description)" }}><Value value={base[field]} /></td>
              <td style={cell}><Value value={after[field]} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </Part>
  );
}

function Fires({ plan }: { plan: Plan }) {
  const t = useTexts(REVIEW);
  const { language } = usePreferences();
  const now = useNow();
  if (plan.fires_before.length === 0 && plan.fires_after.length === 0) return null;
  const before = new Set(plan.fires_before.map((each) => each.at));
  const after = new Set(plan.fires_after.map((each) => each.at));
  // Beyond the last time of the other side nobody can tell whether one is new or gone.
  const until = (fires: Fire[]) => (fires.length < 10 ? Infinity : Date.parse(fires.at(-1)?.at ?? ""));
  const isNew = (fire: Fire) => !before.has(fire.at) && Date.parse(fire.at) <= until(plan.fires_before);
  const isGone = (fire: Fire) => !after.has(fire.at) && Date.parse(fire.at) <= until(plan.fires_after);
  const cut = Date.parse(plan.fires_counted_until) < now.getTime() + WEEK - 60_000;
  return (
    <Part
      title={t("plan.fires")}
      aside={
        <>
          {plan.fires_added ? <Tag color="success">{t("plan.added", { count: plan.fires_added })}</Tag> : null}
          {plan.fires_removed ? <Tag color="error">{t("plan.removed", { count: plan.fires_removed })}</Tag> : null}
          {cut ? <span style={{ color: "var(--ant-color-text-description)" }}>{t("plan.until", { at: exact(new Date(plan.fires_counted_until), language) })}</span> : null}
        </>
      }
    >
      <div style={{ display: "grid", gap: 16, gridTemplateColumns: "repeat(auto-fit, minmax(min(230px, 100%), 1fr))" }}>
        {plan.fires_before.length > 0 ? <Times title={t("plan.before")} fires={plan.fires_before} mark={isGone} word={t("plan.isGone")} color="error" /> : null}
        <Times title={t("plan.after")} fires={plan.fires_after} mark={plan.fires_before.length > 0 ? isNew : never} word={t("plan.isNew")} color="success" />
      </div>
    </Part>
  );
}

/** Where there was nothing, everything is new: not worth a mark on each line. */
function never(): boolean {
  return false;
}

function Times({ title, fires, mark, word, color }: { title: string; fires: Fire[]; mark: (fire: Fire) => boolean; word: string; color: string }) {
  const t = useTexts(REVIEW);
  return (
    <div>
      <div style={{ color: "var(--ant-color-text-description)" }}>{title}</div>
      {fires.length === 0 ? <span>{t("plan.noFires")}</span> : null}
      <ol style={{ listStyle: "none", margin: 0, padding: 0 }}>
        {fires.map((fire) => (
          <li key={fire.at} className="tabular">
            <ClockCircleOutlined aria-hidden /> {fire.local.slice(0, 10)} {fire.local.slice(11, 19)} <span style={{ color: "var(--ant-color-text-description)" }}>{fire.local.slice(19)}</span> {mark(fire) ? <Tag color={color}>{word}</Tag> : null}
            {fire.note ? <div style={{ color: "var(--ant-color-warning-text)" }}>{fire.note}</div> : null}
          </li>
        ))}
      </ol>
    </div>
  );
}

function Tied({ plan }: { plan: Plan }) {
  const t = useTexts(REVIEW);
  if (plan.dependants.length === 0) return null;
  return (
    <Part title={t("plan.dependants")}>
      <ul style={{ margin: 0, paddingInlineStart: 20 }}>
        {plan.dependants.map((each) => (
          <li key={`${each.id} ${each.relation}`}>
            <Link to={`/tasks/${each.id}`} target="_blank" style={{ textDecoration: "underline" }}>{each.name}</Link> · {t(`relation.${each.relation}`)}
          </li>
        ))}
      </ul>
    </Part>
  );
}
