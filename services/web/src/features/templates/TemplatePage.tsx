// One template: its parameters as a form, and beside it the task that they make, rehearsed by the server.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Card, Form, Input, Skeleton, Space, Switch, Tag } from "antd";
import { useMemo, useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { api, ask, done, newIdempotencyKey, rehearsed, type Schema } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { usePreferences } from "@/app/preferences";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { Page } from "@/components/Page";
import { SchemaForm } from "@/features/action-form/SchemaForm";
import { drawn, fieldsOf } from "@/features/action-form/uiSchema";
import { useSettled } from "@/components/settled";
import { Preview } from "./Preview";
import { TEMPLATES } from "./texts";

type Template = Schema<"TaskTemplate">;

export function Component() {
  const t = useTexts(TEMPLATES);
  const { language } = usePreferences();
  const { templateId = "" } = useParams();
  const query = useQuery({
    queryKey: ["templates", "one", language, templateId],
    queryFn: () => ask(api.GET("/api/v1/group-ai/task-templates/{template_id}", { params: { path: { template_id: templateId } } })),
    staleTime: 5 * 60_000,
  });
  const trail = <Link to="/templates">{t("title")}</Link>;
  if (!query.data) {
    const missing = query.error instanceof ApiProblem && query.error.status === 404;
    return (
      <Page title={missing ? t("one.missing") : t("title")} trail={trail}>
        {query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Skeleton active paragraph={{ rows: 8 }} />}
      </Page>
    );
  }
  const template = query.data;
  return (
    <Page title={template.title} lead={template.description} trail={trail} aside={<><Tag>{t(`type.${template.task_type}`)}</Tag><Tag className="mono">{template.task_action}</Tag></>}>
      <Use key={template.id} template={template} />
    </Page>
  );
}

function Use({ template }: { template: Template }) {
  const t = useTexts(TEMPLATES);
  const { can } = useSession();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { language } = usePreferences();
  const [parameters, setParameters] = useState<Record<string, unknown>>({});
  const [name, setName] = useState("");
  const [enabled, setEnabled] = useState(true);
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const form = useMemo(() => drawn(template.parameters), [template.parameters]);
  const hasFields = form !== null && fieldsOf(form).length > 0;
  const overrides = { ...(name.trim() ? { name: name.trim() } : {}), ...(enabled ? {} : { enabled: false }) };
  const path = { template_id: template.id };
  const settled = useSettled(JSON.stringify({ parameters, overrides }));
  const plan = useQuery({
    queryKey: ["templates", "plan", language, template.id, settled],
    queryFn: () => {
      const body = JSON.parse(settled) as { parameters: Record<string, unknown>; overrides: Record<string, unknown> };
      return rehearsed(api.POST("/api/v1/group-ai/task-templates/{template_id}/tasks", { params: { path, query: { dry_run: "true" } }, body }));
    },
    enabled: can("tasks:write"),
    retry: false,
    refetchOnWindowFocus: false,
  });
  const create = useMutation({
    mutationFn: () => done(api.POST("/api/v1/group-ai/task-templates/{template_id}/tasks", { params: { path, header: { "Idempotency-Key": newIdempotencyKey() } }, body: { parameters, overrides } })),
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: ["tasks"] });
      void message.success(t("one.created", { name: made.name }));
      void navigate(`/tasks/${made.id}`);
    },
  });
  const refused = [create.error, plan.error].flatMap((error) => (error instanceof ApiProblem ? error.errors : []));
  const problems = refused
    .filter((each) => each.pointer.startsWith("/parameters/"))
    .map((each) => ({ ...each, pointer: each.pointer.replace("/parameters", "") }))
    // Empty fields are not scolded before somebody has been at them, or wanted to create.
    .filter((each) => create.isError || each.code !== "field.required" || touched.has(each.pointer));
  const elsewhere = refused.filter((each) => !each.pointer.startsWith("/parameters/") && each.pointer !== "/overrides/name");
  const settledNow = settled === JSON.stringify({ parameters, overrides });
  const task = settledNow ? (plan.data?.task ?? null) : null;
  const touch = (pointer: string) => setTouched((before) => new Set([...before, pointer]));
  return (
    <div style={{ display: "grid", gap: 16, gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 420px), 1fr))", alignItems: "start" }}>
      <Card
        styles={{ header: { paddingInline: 16 } }}
        title={<h2 style={{ margin: 0, fontSize: 16 }}>{t("one.parameters")}</h2>}
        extra={
          hasFields ? (
            <Space>
              <Button size="small" onClick={() => setParameters(template.example)}>{t("one.example")}</Button>
              <Button size="small" type="text" onClick={() => setParameters({})}>{t("one.clear")}</Button>
            </Space>
          ) : null
        }
      >
        {hasFields ? <SchemaForm form={form} value={parameters} onChange={setParameters} problems={problems} onTouch={touch} /> : <p>{t("one.noParameters")}</p>}
        <h3 style={{ fontSize: 15, margin: "8px 0" }}>{t("one.task")}</h3>
        <div style={{ marginBlockEnd: 16 }}><Form.Item layout="vertical" label={t("one.name")} htmlFor="template-name" help={refused.find((each) => each.pointer === "/overrides/name")?.detail ?? t("one.nameHelp")} style={{ margin: 0 }}>
          <Input id="template-name" maxLength={200} value={name} placeholder={plan.data?.task?.name ?? ""} onChange={(event) => setName(event.target.value)} />
        </Form.Item></div>
        <Space>
          <Switch id="template-enabled" checked={enabled} onChange={setEnabled} />
          <label htmlFor="template-enabled">{t("one.enabled")}</label>
        </Space>
        {create.error ? <Failure error={create.error} /> : null}
        <Space wrap style={{ marginBlockStart: 16, display: "flex" }}>
          <Button type="primary" disabled={!can("tasks:write")} loading={create.isPending} onClick={() => create.mutate()}>{t("one.create")}</Button>
          <Button disabled={task === null} onClick={() => void navigate("/tasks/new", { state: { prefill: task } })}>{t("one.open")}</Button>
          {can("tasks:write") ? null : <span>{t("one.denied")}</span>}
        </Space>
      </Card>
      <Preview template={template} plan={plan.data} pending={plan.isPending && can("tasks:write")} error={plan.error} elsewhere={elsewhere} />
    </div>
  );
}
