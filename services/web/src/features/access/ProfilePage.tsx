// Oneself: how one is called and in which language, the password, where one is logged in, and one's tokens.
import { KeyOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Card, Form, Input, Select, Tag } from "antd";
import { Link } from "react-router";
import { api, ask, type Schema } from "@/api/client";
import { type Language, usePreferences } from "@/app/preferences";
import { type Session, useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { showProblems } from "@/components/formProblems";
import { Page } from "@/components/Page";
import { some } from "./some";
import { NewPassword } from "./NewPassword";
import { PasswordInput } from "./PasswordInput";
import { Sessions } from "./Sessions";
import { DOOR } from "./texts";
import { Unplaced } from "./Unplaced";
import { PROFILE } from "./texts-profile";
import { USERS } from "./texts-users";

export function Component() {
  const t = useTexts(PROFILE);
  const u = useTexts(USERS);
  const { session } = useSession();
  const me = session?.user;
  if (!me || session.kind !== "user") {
    return (
      <Page title={t("title")}>
        <Alert type="info" showIcon title={t("token.only")} />
      </Page>
    );
  }
  return (
    <Page title={t("title")} aside={<Tag>{u(`role.${me.role}`)}</Tag>} lead={<span className="mono">{me.name}</span>}>
      <div style={{ display: "grid", gap: 16, gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 380px), 1fr))", alignItems: "start" }}>
        <Card styles={CARD} title={<h2 style={HEADING}>{t("me.title")}</h2>}>
          <About me={me} />
        </Card>
        <Card styles={CARD} title={<h2 style={HEADING}>{t("password.title")}</h2>}>
          <Password name={me.name} />
        </Card>
        <Card styles={CARD} title={<h2 style={HEADING}>{t("sessions.title")}</h2>}>
          <p style={{ marginBlock: "0 4px", color: "var(--ant-color-text-description)" }}>{t("sessions.lead")}</p>
          <Sessions />
        </Card>
        <Card styles={CARD} title={<h2 style={HEADING}>{t("tokens.title")}</h2>}>
          <p style={{ marginBlock: "0 12px", color: "var(--ant-color-text-description)" }}>{t("tokens.lead")}</p>
          <Link to="/tokens">
            <KeyOutlined aria-hidden /> {t("tokens.open")}
          </Link>
        </Card>
      </div>
    </Page>
  );
}

const CARD = { header: { paddingInline: 16 } };
const HEADING = { fontSize: 16, fontWeight: 600, margin: 0 } as const;

interface AboutFields {
  display_name: string;
  language: Language | "";
}

function About({ me }: { me: NonNullable<Session["user"]> }) {
  const t = useTexts(PROFILE);
  const d = useTexts(DOOR);
  const u = useTexts(USERS);
  const { message } = App.useApp();
  const { refresh } = useSession();
  const { setLanguage } = usePreferences();
  const [form] = Form.useForm<AboutFields>();
  const saving = useMutation({
    mutationFn: ({ display_name, language }: AboutFields) => ask(api.PUT("/api/v1/group-ai/me", { body: some<Schema<"MeUpdate">>({ display_name, language: language || null }) })),
    onSuccess: async (user) => {
      if (user.language) setLanguage(user.language);
      void message.success(t("me.saved"));
      await refresh();
    },
    onError: (error) => showProblems(form, error),
  });
  const language = me.language ?? "";
  return (
    <Form form={form} layout="vertical" name="about" requiredMark={false} initialValues={{ display_name: me.display_name, language }} onFinish={(fields: AboutFields) => saving.mutate(fields)}>
      <Form.Item name="display_name" label={d("display")} extra={d("display.help")} rules={[{ required: true, whitespace: true, message: d("name.missing") }]}>
        <Input autoComplete="name" maxLength={100} />
      </Form.Item>
      <Form.Item name="language" label={t("me.language")} extra={t("me.language.help")}>
        <Select
          options={[
            { value: "", label: u("language.browser") },
            { value: "zh-TW", label: "繁體中文" },
            { value: "en", label: "English" },
          ]}
        />
      </Form.Item>
      <Unplaced error={saving.error} fields={["display_name", "language"]} />
      <Button type="primary" htmlType="submit" loading={saving.isPending}>
        {t("me.save")}
      </Button>
    </Form>
  );
}

interface PasswordFields {
  old_password: string;
  password: string;
}

function Password({ name }: { name: string }) {
  const t = useTexts(PROFILE);
  const d = useTexts(DOOR);
  const { message } = App.useApp();
  const client = useQueryClient();
  const [form] = Form.useForm<PasswordFields>();
  const saving = useMutation({
    mutationFn: ({ old_password, password }: PasswordFields) => ask(api.PUT("/api/v1/group-ai/me/password", { body: { old_password, password } })),
    onSuccess: async () => {
      form.resetFields();
      void message.success(t("password.done"));
      await client.invalidateQueries({ queryKey: ["sessions"] });
    },
    onError: (error) => showProblems(form, error),
  });
  return (
    <Form form={form} layout="vertical" name="password-change" method="post" requiredMark={false} onFinish={(fields: PasswordFields) => saving.mutate(fields)}>
      <p style={{ marginBlock: "0 12px", color: "var(--ant-color-text-description)" }}>{t("password.lead")}</p>
      <input className="visually-hidden" type="text" name="username" autoComplete="username" value={name} readOnly tabIndex={-1} aria-hidden />
      <Form.Item name="old_password" label={d("password.old")} rules={[{ required: true, message: d("password.missing") }]}>
        <PasswordInput autoComplete="current-password" />
      </Form.Item>
      <NewPassword label={d("password.new")} />
      <Unplaced error={saving.error} fields={["old_password", "password"]} />
      <Button type="primary" htmlType="submit" loading={saving.isPending}>
        {t("password.save")}
      </Button>
    </Form>
  );
}
