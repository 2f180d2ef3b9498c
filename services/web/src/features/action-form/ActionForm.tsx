// The parameters of an action as a form made from its schema, or as JSON; both edit one value.
//
//   <ActionForm action="http_request" value={config} onChange={setConfig} problems={problems} taskId={task.id} />
//
// `problems` may point from the task (/action_config/url) or from the parameters (/url).
import { Alert, Segmented, Skeleton, Space, Tag, Tooltip } from "antd";
import { useMemo, useState } from "react";
import type { FieldProblem } from "@/api/problem";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { ActionIcon } from "./icons";
import { JsonObjectEditor } from "./JsonEditor";
import { SchemaForm } from "./SchemaForm";
import { TestRun } from "./TestRun";
import { ACTIONS } from "./texts";
import { drawn, fieldsOf, hiding } from "./uiSchema";
import { type Action, descriptionOf, titleOf, useActions } from "./useActions";
import { problemsWith } from "./validate";
import { Variables } from "./Variables";

export interface ActionFormProps {
  action: string;
  value: Record<string, unknown>;
  onChange: (value: Record<string, unknown>) => void;
  problems: FieldProblem[];
  /** A task that has this action already: for a test run. */
  taskId?: string;
}

export function ActionForm({ action, value, onChange, problems, taskId }: ActionFormProps) {
  const t = useTexts(ACTIONS);
  const actions = useActions();
  const own = problems.map((each) => ({ ...each, pointer: each.pointer.replace(/^\/action_config/, "") }));
  if (!actions.data) return actions.error ? <Failure error={actions.error} retry={() => void actions.refetch()} /> : <Skeleton active paragraph={{ rows: 6 }} />;
  const found = actions.data.find((each) => each.name === action);
  if (!found) {
    return (
      <Space orientation="vertical" style={{ width: "100%" }}>
        <Alert type="info" showIcon title={t("form.unknown")} />
        <JsonObjectEditor value={value} onChange={(after) => onChange(after as Record<string, unknown>)} label={t("form.jsonLabel")} />
        <Others problems={own} />
      </Space>
    );
  }
  return <KnownForm key={action} action={found} value={value} onChange={onChange} problems={own} {...(taskId ? { taskId } : {})} />;
}

function KnownForm({ action, value, onChange, problems, taskId }: Omit<ActionFormProps, "action"> & { action: Action }) {
  const t = useTexts(ACTIONS);
  const { language } = usePreferences();
  const whole = useMemo(() => drawn(action.parameters), [action.parameters]);
  // A plan is made by the test run; as a setting of a task it would make the task do nothing.
  const plans = value.dry_run === true;
  const form = useMemo(() => (whole === null || plans ? whole : hiding(whole, "dry_run")), [whole, plans]);
  const [wish, setWish] = useState<"form" | "json">("form");
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const view = form === null ? "json" : wish;
  const touch = (pointer: string) => setTouched((before) => (before.has(pointer) ? before : new Set([...before, pointer])));
  // The server's word goes first; ours is told of fields that somebody has been at.
  const local = problemsWith(action.parameters, value, t)
    .filter((each) => [...touched].some((pointer) => each.pointer === pointer || each.pointer.startsWith(`${pointer}/`)))
    .filter((each) => !problems.some((other) => other.pointer === each.pointer));
  const all = [...problems, ...local];
  const shown = form === null ? [] : fieldsOf(form);
  return (
    <div style={{ display: "grid", gap: 16 }}>
      <div style={{ display: "flex", flexWrap: "wrap", gap: 12, alignItems: "center" }}>
        <div style={{ flex: "1 1 260px", minWidth: 0, color: "var(--ant-color-text-description)" }}>
          <ActionIcon name={action.name} /> <strong style={{ color: "var(--ant-color-text)" }}>{titleOf(action, language)}</strong>{" "}
          {action.runs_code ? <Tooltip title={t("form.codeHelp")}><Tag tabIndex={0}>{t("form.code")}</Tag></Tooltip> : null}
          <div>{descriptionOf(action, language)}</div>
        </div>
        <Variables action={action.name} />
        <Segmented
          aria-label={t("form.view")}
          value={view}
          onChange={setWish}
          options={[{ value: "form", label: t("form.form"), disabled: form === null }, { value: "json", label: t("form.json") }]}
        />
      </div>
      <div>
        {view === "json" || form === null ? (
          <>
            {form === null ? <p>{t("form.noFields")}</p> : null}
            <JsonObjectEditor value={value} onChange={(after) => onChange(after as Record<string, unknown>)} label={t("form.jsonLabel")} />
          </>
        ) : shown.length === 0 ? (
          <p>{t("form.nothing")}</p>
        ) : (
          <SchemaForm form={form} value={value} onChange={onChange} problems={all} onTouch={touch} />
        )}
      </div>
      <Others problems={view === "json" ? problems : problems.filter((each) => !shown.some(({ name }) => each.pointer === `/${name}` || each.pointer.startsWith(`/${name}/`)))} />
      {action.has_dry_run ? <TestRun action={action.name} value={value} {...(taskId ? { taskId } : {})} /> : null}
    </div>
  );
}

/** What is wrong where no field shows it. */
function Others({ problems }: { problems: FieldProblem[] }) {
  const t = useTexts(ACTIONS);
  if (problems.length === 0) return null;
  return (
    <Alert
      type="error"
      showIcon
      title={t("form.other")}
      description={
        <ul style={{ margin: 0, paddingInlineStart: 20 }}>
          {problems.map((each, index) => (
            <li key={index} className="break"><code>{each.pointer || "/"}</code> {each.detail}</li>
          ))}
        </ul>
      }
    />
  );
}
