// Edits a trigger_config beside what it would make of the events of the last hours.
//
//   <TriggerEditor value={config} onChange={setConfig} problems={problems} taskId={task.id} action={task.task_action} />
//
// `problems` may point from the task (/trigger_config/condition) or from the trigger (/condition).
import { Collapse } from "antd";
import { useState } from "react";
import { ApiProblem, type FieldProblem, problemsAt } from "@/api/problem";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { drawn, fieldsOf } from "@/features/action-form/uiSchema";
import { useActions } from "@/features/action-form/useActions";
import { ConditionEditor } from "./ConditionEditor";
import { clauseFor, withClause, writeCondition } from "./condition";
import { type Config, changed, objectOf, ownProblems, textOf } from "./config";
import { MapFields, type Parameter } from "./MapFields";
import { Pacing } from "./Pacing";
import { expressionOf } from "./paths";
import { Rehearsal } from "./Rehearsal";
import { SubjectFields } from "./SubjectFields";
import { TRIGGER } from "./texts";
import { type FieldSeen, type TriedEvent, useEventKinds, useRehearsal } from "./useEvents";

export interface TriggerEditorProps {
  value: Record<string, unknown>;
  onChange: (value: Record<string, unknown>) => void;
  problems: FieldProblem[];
  /** The task whose trigger it is, once there is one. */
  taskId?: string;
  /** Whose parameters are taken out of the event. */
  action?: string;
}

const EVERY_EVENT = "event.>";
/** Fields that a condition made from an event has at most. */
const MOST_TAKEN = 3;

export function TriggerEditor({ value, onChange, problems, taskId, action = "" }: TriggerEditorProps) {
  const t = useTexts(TRIGGER);
  const { can } = useSession();
  const parameters = useParameters(action);
  const [hours, setHours] = useState(24);
  // Before anything is chosen the latest events are shown all the same, to begin from.
  const isBlank = Object.keys(value).length === 0;
  const subject = textOf(value, "subject");
  const allKinds = useEventKinds("");
  const kinds = useEventKinds(/^(event\.)?[\w*>-]+(\.[\w*>-]+)*$/.test(subject) ? subject : "");
  const rehearsal = useRehearsal(isBlank ? { subject: EVERY_EVENT, type: "*" } : value, hours, taskId);
  const asked = rehearsal.error instanceof ApiProblem ? rehearsal.error.errors : [];
  const found = uniqueByPointer(ownProblems([...problems, ...asked]));
  const fields: FieldSeen[] = rehearsal.data?.fields.length ? rehearsal.data.fields : (kinds.data?.fields ?? []);
  const condition = textOf(value, "condition");
  const general = found.filter((each) => each.pointer === "");

  const setCondition = (text: string) => onChange(changed(value, { condition: text }));
  const pick = (expression: string, sample: unknown) => {
    const joined = withClause(condition, clauseFor(expression, sample));
    // An expression that the builder cannot show is kept whole, and bracketed.
    setCondition(joined ?? `(${condition}) && ${writeCondition([[clauseFor(expression, sample)]])}`);
  };
  const take = (event: TriedEvent) => onChange(changed(value, { subject: event.subject, condition: conditionOf(event.data) }));
  const idle = !can("tasks:write") ? t("would.denied") : null;
  return (
    <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 380px), 1fr))", gap: 16, alignItems: "start" }}>
      <div style={{ display: "grid", gap: 16, minWidth: 0 }}>
        <Part title={t("which.title")} text={t("which.text")}>
          <SubjectFields value={value} onChange={onChange} problems={found} kinds={allKinds.data} />
          {general.length > 0 && !isBlank ? <div role="alert" style={{ color: "var(--ant-color-error)" }}>{general[0]?.detail}</div> : null}
        </Part>
        <Part title={t("condition.title")} text={t("condition.text")}>
          <ConditionEditor value={condition} onChange={setCondition} problems={problemsAt(found, "/condition")} fields={fields} />
        </Part>
        <Collapse
          defaultActiveKey={[...(paces(value) ? ["pace"] : []), ...(objectOf(value, "map") ? ["map"] : [])]}
          items={[
            { key: "pace", label: <h3 style={{ margin: 0, fontSize: 15 }}>{t("pace.title")}</h3>, children: <><p style={{ margin: "0 0 8px", color: "var(--ant-color-text-description)" }}>{t("pace.text")}</p><Pacing value={value} onChange={onChange} problems={found} fields={fields} /></> },
            { key: "map", label: <h3 style={{ margin: 0, fontSize: 15 }}>{t("map.title")}</h3>, children: <><p style={{ margin: "0 0 8px", color: "var(--ant-color-text-description)" }}>{t("map.text")}</p><MapFields value={value} onChange={onChange} problems={found} fields={fields} latest={rehearsal.data?.events[0]} parameters={parameters} /></> },
          ]}
        />
      </div>
      <Rehearsal tried={rehearsal.data} error={rehearsal.error} idle={idle} blank={isBlank} hours={hours} onHours={setHours} onPick={pick} onTake={take} />
    </div>
  );
}

function Part({ title, text, children }: { title: string; text: string; children: React.ReactNode }) {
  return (
    <section>
      <h3 style={{ margin: 0, fontSize: 15 }}>{title}</h3>
      <p style={{ margin: "2px 0 8px", color: "var(--ant-color-text-description)" }}>{text}</p>
      {children}
    </section>
  );
}

function useParameters(action: string): Parameter[] {
  const actions = useActions();
  const found = actions.data?.find((each) => each.name === action);
  const form = found ? drawn(found.parameters) : null;
  return form ? fieldsOf(form) : [];
}

function paces(value: Config): boolean {
  return ["posture", "threshold", "within_seconds", "for_each", "rate_limit", "batch", "debounce_seconds", "throttle"].some((key) => key in value);
}

function uniqueByPointer(problems: FieldProblem[]): FieldProblem[] {
  return problems.filter((each, index) => problems.findIndex((other) => other.pointer === each.pointer && other.code === each.code) === index);
}

/** A condition that the event fulfils: of its first plain fields. */
function conditionOf(data: unknown): string {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return "";
  const plain = Object.entries(data).filter(([, value]) => typeof value !== "object" || value === null);
  return writeCondition([plain.slice(0, MOST_TAKEN).map(([name, value]) => clauseFor(expressionOf([name]), value))]);
}
