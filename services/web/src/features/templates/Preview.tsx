// The task that a template would make: in words, against the template, and whole.
import { Alert, Card, Descriptions, Skeleton, Table, Tabs } from "antd";
import type { Schema } from "@/api/client";
import { ApiProblem, type FieldProblem } from "@/api/problem";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { Json } from "@/components/Json";
import { When } from "@/components/Time";
import { titleOf, useActions } from "@/features/action-form/useActions";
import { type Difference, differences } from "./differences";
import { TEMPLATES } from "./texts";

type Plan = Schema<"TaskPlan">;
type Task = Schema<"Task">;

interface Props {
  template: Schema<"TaskTemplate">;
  plan: Plan | undefined;
  pending: boolean;
  error: unknown;
  elsewhere: FieldProblem[];
}

export function Preview({ template, plan, pending, error, elsewhere }: Props) {
  const t = useTexts(TEMPLATES);
  const refused = error instanceof ApiProblem && error.status === 422;
  const task = plan?.task;
  return (
    <Card styles={{ header: { paddingInline: 16 } }} title={<h2 style={{ margin: 0, fontSize: 16 }}>{t("one.preview")}</h2>}>
      <p style={{ margin: "0 0 8px", color: "var(--ant-color-text-description)" }}>{t("one.previewHelp")}</p>
      {pending && !task ? <Skeleton active paragraph={{ rows: 5 }} /> : null}
      {refused ? <Alert type="info" showIcon title={t("one.wrong")} /> : <Failure error={error} />}
      {elsewhere.length > 0 ? (
        <Alert type="warning" showIcon title={t("one.otherProblems")} description={<ul style={{ margin: 0, paddingInlineStart: 20 }}>{elsewhere.map((each, index) => <li key={index} className="break"><code>{each.pointer}</code> {each.detail}</li>)}</ul>} style={{ marginBlockStart: 8 }} />
      ) : null}
      {plan && task && !refused ? (
        <Tabs
          items={[
            { key: "summary", label: t("one.summary"), children: <Summary plan={plan} task={task} /> },
            { key: "diff", label: t("one.diff"), children: <Against template={template.task} task={task} /> },
            { key: "json", label: t("one.json"), children: <Json value={definitionOf(task)} maxHeight={480} /> },
          ]}
        />
      ) : null}
    </Card>
  );
}

function Summary({ plan, task }: { plan: Plan; task: Task }) {
  const t = useTexts(TEMPLATES);
  const { language } = usePreferences();
  const actions = useActions();
  const action = actions.data?.find((each) => each.name === task.task_action);
  const tells = [task.notify_on_failure ? t("one.tellFailure") : "", task.notify_on_success ? t("one.tellSuccess") : ""].filter(Boolean);
  return (
    <>
      <p style={{ marginBlockStart: 0 }}><strong className="break">{task.name}</strong><br />{plan.summary}</p>
      {task.warnings.length > 0 ? (
        <Alert type="warning" showIcon title={t("one.warnings")} description={task.warnings.map((each, index) => <div key={index}>{each.detail}</div>)} style={{ marginBlockEnd: 12 }} />
      ) : null}
      <Descriptions
        column={1}
        size="small"
        items={[
          { key: "action", label: t("one.action"), children: action ? titleOf(action, language) : task.task_action },
          { key: "queue", label: t("one.queue"), children: task.queue },
          { key: "retry", label: t("one.retry"), children: task.retry && task.retry.max_attempts > 1 ? t("one.attempts", { count: task.retry.max_attempts }) : t("one.noRetry") },
          { key: "tell", label: t("one.tell"), children: tells.length > 0 ? new Intl.ListFormat(language, { type: "unit" }).format(tells) : t("one.tellNever") },
        ]}
      />
      {plan.fires_after.length > 0 ? (
        <>
          <h3 style={{ fontSize: 15, margin: "12px 0 4px" }}>{t("one.next")}</h3>
          <ul style={{ margin: 0, paddingInlineStart: 20 }}>
            {plan.fires_after.slice(0, 5).map((each) => (
              <li key={each.at}><When at={each.at} as="exact" />{each.note ? ` · ${each.note}` : ""}</li>
            ))}
          </ul>
        </>
      ) : null}
    </>
  );
}

function Against({ template, task }: { template: Record<string, unknown>; task: Task }) {
  const t = useTexts(TEMPLATES);
  const found = differences(template, task);
  if (found.length === 0) return <p>{t("diff.none")}</p>;
  const shown = (value: unknown) => <span className="mono break">{value === undefined ? "–" : typeof value === "string" ? value : JSON.stringify(value)}</span>;
  return (
    <Table<Difference>
      size="small"
      rowKey="path"
      pagination={false}
      dataSource={found}
      scroll={{ x: "max-content" }}
      columns={[
        { title: t("diff.field"), dataIndex: "path", render: (path: string) => <code>{path}</code> },
        { title: t("diff.template"), dataIndex: "template", render: shown },
        { title: t("diff.task"), dataIndex: "task", render: shown },
      ]}
    />
  );
}

/** What one could send to make it: no figures, no ids. */
function definitionOf(task: Task): Partial<Task> {
  const told: ReadonlySet<string> = new Set(["id", "last_run_at", "next_run_at", "run_count", "success_count", "failure_count", "last_result", "created_at", "updated_at", "created_by", "version", "warnings"]);
  return Object.fromEntries(Object.entries(task).filter(([name, value]) => !told.has(name) && value !== null));
}
