// Writing a secret: a new one, another value, another description. What is written never comes back.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Checkbox, Form, Input, Modal } from "antd";
import { useState } from "react";
import { api, ask, type Schema } from "@/api/client";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { showProblems } from "@/components/formProblems";
import { GrowingText } from "@/components/GrowingText";
import { WORDS } from "@/components/texts";
import { SECRETS } from "./texts";
import { Users } from "./Users";

export type Secret = Schema<"Secret">;

interface Values {
  name: string;
  value: string;
  description: string;
}

export interface SecretFormProps {
  /** Undefined: a new one. */
  secret?: Secret | undefined;
  /** What of a stored one is written. */
  part: "value" | "description";
  taken: string[];
  onClose: () => void;
}

const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** Render it only while it is open: what was typed goes with it. */
export function SecretForm({ secret, part, taken, onClose }: SecretFormProps) {
  const t = useTexts(SECRETS);
  const w = useTexts(WORDS);
  const { message } = App.useApp();
  const client = useQueryClient();
  const [form] = Form.useForm<Values>();
  const [lines, setLines] = useState(false);
  const writesValue = !secret || part === "value";
  const saving = useMutation({
    mutationFn: ({ name, value, description }: Values) =>
      ask(
        api.PUT("/api/v1/group-ai/secrets/{name}", {
          params: { path: { name: secret?.name ?? name }, ...(secret ? { header: { "If-Match": `"${secret.version}"` } } : {}) },
          body: { ...(writesValue ? { value } : {}), description: (description ?? secret?.description ?? "").trim() || null } as Schema<"SecretPut">,
        }),
      ),
    onSuccess: async (_, { name }) => {
      await client.invalidateQueries({ queryKey: ["secrets"] });
      void message.success(t("form.saved", { name: secret?.name ?? name }));
      onClose();
    },
    onError: (error) => showProblems(form, error),
  });
  const title = !secret ? t("form.new") : part === "value" ? t("form.replace", { name: secret.name }) : t("form.describe", { name: secret.name });
  const rules = [{ required: true, message: t("form.required") }];
  return (
    <Modal open title={title} okText={w("save")} cancelText={w("cancel")} okButtonProps={{ loading: saving.isPending }} onOk={() => form.submit()} onCancel={onClose} destroyOnHidden>
      <Form<Values> form={form} name="secret" layout="vertical" initialValues={{ name: "", value: "", description: secret?.description ?? "" }} onFinish={(values) => saving.mutate(values)}>
        {secret ? null : (
          <Form.Item
            name="name"
            label={t("form.name")}
            extra={t("form.name.help")}
            rules={[...rules, { pattern: NAME, message: t("form.name.help") }, { validator: (_, name: string) => (taken.includes(name) ? Promise.reject(new Error(t("form.name.taken"))) : Promise.resolve()) }]}
          >
            <Input maxLength={63} autoComplete="off" spellCheck={false} />
          </Form.Item>
        )}
        {writesValue ? (
          <>
            <Form.Item name="value" label={t("form.value")} extra={t("form.value.help")} rules={rules}>
              {lines ? <Input.TextArea className="mono" rows={6} autoComplete="off" spellCheck={false} /> : <Input.Password autoComplete="new-password" spellCheck={false} />}
            </Form.Item>
            <Form.Item>
              <Checkbox checked={lines} onChange={(event) => setLines(event.target.checked)}>
                {t("form.value.lines")}
              </Checkbox>
            </Form.Item>
          </>
        ) : null}
        {!secret || part === "description" ? (
          <Form.Item name="description" label={t("form.description")}>
            <GrowingText most={4} maxLength={2_000} />
          </Form.Item>
        ) : null}
        {secret && part === "value" ? <Alert type="info" showIcon title={t("form.effect")} description={secret.used_by.length > 0 ? <Effect secret={secret} /> : undefined} /> : null}
        <Failure error={saving.error} />
      </Form>
    </Modal>
  );
}

function Effect({ secret }: { secret: Secret }) {
  const t = useTexts(SECRETS);
  return (
    <>
      {t("form.effect.users")}
      <Users secret={secret} />
    </>
  );
}
