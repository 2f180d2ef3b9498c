// A user who is created, or changed. What each role may do is written beside it.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Form, Input, Modal, Radio, Select } from "antd";
import { useState } from "react";
import { api, ask, done, newIdempotencyKey, type Schema } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { useTexts } from "@/app/texts";
import { focusOnceShown } from "@/components/focusOnceShown";
import { showProblems } from "@/components/formProblems";
import { WORDS } from "@/components/texts";
import { some } from "./some";
import type { Link } from "./LinkModal";
import { DOOR } from "./texts";
import { Unplaced } from "./Unplaced";
import { USERS } from "./texts-users";
import { type Role, ROLES, type User } from "./UsersPage";

interface Fields {
  name: string;
  display_name?: string;
  email?: string;
  role: Role;
  language: "zh-TW" | "en" | "";
}

export function UserForm({ user, onClose, onLink }: { user?: User; onClose: () => void; onLink: (link: Link) => void }) {
  const t = useTexts(USERS);
  const d = useTexts(DOOR);
  const w = useTexts(WORDS);
  const { message } = App.useApp();
  const client = useQueryClient();
  const [form] = Form.useForm<Fields>();
  const [key] = useState(newIdempotencyKey);
  const [version, setVersion] = useState(user?.version);
  const saving = useMutation({
    mutationFn: async (fields: Fields) => {
      const language = fields.language || null;
      const email = fields.email?.trim() || null;
      if (user) {
        const body = { display_name: fields.display_name?.trim() || user.name, email, role: fields.role, language };
        await ask(api.PUT("/api/v1/group-ai/users/{user_id}", { params: { path: { user_id: user.id }, header: { "If-Match": `"${version}"` } }, body: some<Schema<"UserUpdate">>(body) }));
        void message.success(t("saved", { name: user.name }));
        return;
      }
      const body = { name: fields.name.trim(), display_name: fields.display_name?.trim() || null, email, role: fields.role, language };
      const made = await done(api.POST("/api/v1/group-ai/users", { params: { header: { "Idempotency-Key": key } }, body }));
      if (made.link) onLink({ link: made.link, until: made.link_expires_at, name: made.user.display_name });
    },
    onSuccess: onClose,
    onError: async (error) => {
      showProblems(form, error);
      // Somebody else was quicker: show what is there now, keep the dialog.
      if (user && error instanceof ApiProblem && error.status === 412) {
        const now = await ask(api.GET("/api/v1/group-ai/users/{user_id}", { params: { path: { user_id: user.id } } }));
        form.setFieldsValue({ display_name: now.display_name, email: now.email ?? "", role: now.role, language: now.language ?? "" });
        setVersion(now.version);
      }
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["users"] }),
  });
  const stale = saving.error instanceof ApiProblem && saving.error.status === 412;
  return (
    <Modal
      open
      title={user ? t("edit.title", { name: user.name }) : t("create.title")}
      okText={user ? w("save") : t("create.button")}
      cancelText={w("cancel")}
      okButtonProps={{ loading: saving.isPending, htmlType: "submit", form: "user" }}
      onCancel={onClose}
      width={600}
    >
      <Form
        form={form}
        id="user"
        name="user"
        layout="vertical"
        requiredMark={false}
        onFinish={(fields: Fields) => saving.mutate(fields)}
        initialValues={{ name: user?.name ?? "", display_name: user?.display_name ?? "", email: user?.email ?? "", role: user?.role ?? "operator", language: user?.language ?? "" }}
      >
        {user ? null : (
          <>
            <p style={{ marginBlock: "0 12px", color: "var(--ant-color-text-description)" }}>{t("create.what")}</p>
            <Form.Item name="name" label={d("name")} extra={d("name.help")} rules={[{ required: true, whitespace: true, message: d("name.missing") }]}>
              <Input autoComplete="off" autoCapitalize="off" spellCheck={false} maxLength={64} ref={focusOnceShown} />
            </Form.Item>
          </>
        )}
        <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(220px, 1fr))", columnGap: 12 }}>
          <Form.Item name="display_name" label={d("display")}>
            <Input autoComplete="off" maxLength={100} />
          </Form.Item>
          <Form.Item name="email" label={`${t("email")} (${w("optional")})`} rules={[{ type: "email", message: t("email.bad") }]}>
            <Input autoComplete="off" inputMode="email" maxLength={320} />
          </Form.Item>
        </div>
        <Form.Item name="role" label={t("role")}>
          <Radio.Group style={{ display: "grid", gap: 8 }}>
            {ROLES.map((role) => (
              <Radio key={role} value={role} style={{ alignItems: "flex-start", whiteSpace: "normal" }}>
                <strong>{t(`role.${role}`)}</strong>
                <div style={{ color: "var(--ant-color-text-description)" }}>{t(`role.${role}.what`)}</div>
              </Radio>
            ))}
          </Radio.Group>
        </Form.Item>
        <Form.Item name="language" label={t("language")}>
          <Select
            options={[
              { value: "", label: t("language.browser") },
              { value: "zh-TW", label: "繁體中文" },
              { value: "en", label: "English" },
            ]}
          />
        </Form.Item>
      </Form>
      {stale ? <Alert role="alert" type="warning" showIcon title={t("stale")} /> : <Unplaced error={saving.error} fields={["name", "display_name", "email", "role", "language"]} />}
    </Modal>
  );
}
