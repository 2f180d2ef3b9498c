// An account is made or changed: in a drawer, over the page from which one came.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, AutoComplete, Button, Divider, Drawer, Form, Grid, Input, Select, Space, Switch } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { api, done } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { focusOnceShown } from "@/components/focusOnceShown";
import { showProblems } from "@/components/formProblems";
import { WORDS } from "@/components/texts";
import { type Account, countAccounts, NO_FILTER, scriptChoices } from "./api";
import { RuntimeForm } from "./RuntimeForm";
import { type Config, configOf, DEFAULTS } from "./runtimeFields";
import { FORM } from "./texts";

interface Fields {
  account_id: string;
  display_name: string;
  script_id?: string;
  environment: string;
  server_id: string;
  group_ids: string[];
  tags: string[];
  active: boolean;
}

const NEW: Fields = { account_id: "", display_name: "", environment: "production", server_id: "default", group_ids: [], tags: [], active: true };

/** Render it only while it is open. Without `account` it makes a new one. */
export function AccountForm({ account, onClose }: { account?: Account; onClose: () => void }) {
  const t = useTexts(FORM);
  const words = useTexts(WORDS);
  const wide = Grid.useBreakpoint().md ?? true;
  const navigate = useNavigate();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [form] = Form.useForm<Fields>();
  const [config, setConfig] = useState<Config | null>(() => account?.config ?? configOf(DEFAULTS, {}));
  const saving = useMutation({
    mutationFn: (fields: Fields) => save(fields, config ?? {}, account),
    onSuccess: (saved) => {
      void message.success(t(account ? "saved" : "created"));
      onClose();
      if (!account) void navigate(`/accounts/${encodeURIComponent(saved.account_id)}`);
      return client.invalidateQueries({ queryKey: ["accounts"] });
    },
    onError: (error) => showProblems(form, error),
  });
  const stale = saving.error instanceof ApiProblem && saving.error.status === 412;
  const reload = async () => {
    onClose();
    await client.invalidateQueries({ queryKey: ["accounts"] });
  };
  return (
    <Drawer
      open
      title={account ? t("edit", { name: account.display_name }) : t("new")}
      size={wide ? 640 : "100%"}
      onClose={onClose}
      mask={{ closable: false }}
      extra={
        <Space>
          <Button onClick={onClose}>{words("cancel")}</Button>
          <Button type="primary" loading={saving.isPending} disabled={config === null} onClick={() => form.submit()}>{words(account ? "save" : "create")}</Button>
        </Space>
      }
    >
      {stale ? <Alert type="warning" showIcon title={t("stale.title")} description={t("stale.text")} action={<Button size="small" onClick={() => void reload()}>{t("stale.reload")}</Button>} style={{ marginBlockEnd: 12 }} /> : <Failure error={saving.error} />}
      <Form<Fields> form={form} layout="vertical" initialValues={account ? { ...account, script_id: account.script_id ?? undefined } : NEW} onFinish={(fields) => saving.mutate(fields)} scrollToFirstError>
        <Basics fixed={!!account} />
        <Divider titlePlacement="start">{t("how")}</Divider>
        <RuntimeForm value={config ?? {}} onChange={setConfig} />
      </Form>
    </Drawer>
  );
}

function Basics({ fixed }: { fixed: boolean }) {
  const t = useTexts(FORM);
  const counts = useQuery({ queryKey: ["accounts", "counts", NO_FILTER], queryFn: () => countAccounts(NO_FILTER) });
  const scripts = useQuery({ queryKey: ["accounts", "script-choices"], queryFn: () => scriptChoices("") });
  const known = (name: "server" | "group" | "tag") => (counts.data?.[name] ?? []).map((each) => ({ value: each.value }));
  const half = { display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(220px, 1fr))", gap: "0 12px" } as const;
  return (
    <>
      <div style={half}>
        <Form.Item name="account_id" label={t("account_id")} extra={fixed ? undefined : t("account_id.help")} rules={[{ required: true }]}>
          <Input className="mono" disabled={fixed} ref={fixed ? null : focusOnceShown} autoComplete="off" />
        </Form.Item>
        <Form.Item name="display_name" label={t("display_name")} rules={[{ required: true, whitespace: true }]}>
          <Input maxLength={200} autoComplete="off" />
        </Form.Item>
      </div>
      <div style={half}>
        <Form.Item name="script_id" label={t("script_id")}>
          <Select showSearch={{ optionFilterProp: "label" }} allowClear options={scripts.data ?? []} loading={scripts.isPending} />
        </Form.Item>
        <Form.Item name="environment" label={t("environment")} extra={t("environment.help")} rules={[{ required: true }]}>
          <AutoComplete options={[{ value: "production" }, { value: "staging" }]} />
        </Form.Item>
      </div>
      <div style={half}>
        <Form.Item name="server_id" label={t("server_id")} extra={t("server_id.help")} rules={[{ required: true }]}>
          <AutoComplete options={known("server")} />
        </Form.Item>
        <Form.Item name="active" label={t("active")} valuePropName="checked">
          <Switch />
        </Form.Item>
      </div>
      <div style={half}>
        <Form.Item name="group_ids" label={t("group_ids")}>
          <Select mode="tags" options={known("group")} tokenSeparators={[","]} />
        </Form.Item>
        <Form.Item name="tags" label={t("tags")}>
          <Select mode="tags" options={known("tag")} tokenSeparators={[","]} />
        </Form.Item>
      </div>
    </>
  );
}

function save(fields: Fields, config: Config, account: Account | undefined): Promise<Account> {
  const body = { ...fields, script_id: fields.script_id ?? null, config };
  if (!account) return done(api.POST("/api/v1/group-ai/accounts", { body }));
  const params = { path: { account_id: account.account_id }, header: { "If-Match": `"${account.version}"` } };
  return done(api.PUT("/api/v1/group-ai/accounts/{account_id}", { params, body }));
}
