// A token that is made: what it is for, whose it is, what it may do, and until when; then shown, this once.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input, Modal, Radio, Select } from "antd";
import { useState } from "react";
import { api, done, newIdempotencyKey, type Schema } from "@/api/client";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { Command, CopyButton } from "@/components/Command";
import { focusOnceShown } from "@/components/focusOnceShown";
import { showProblems } from "@/components/formProblems";
import { WORDS } from "@/components/texts";
import { ADMIN } from "./rights";
import { Rights } from "./Rights";
import { TOKENS } from "./texts-tokens";
import { Unplaced } from "./Unplaced";

type NewToken = Schema<"NewToken">;
type Scope = Schema<"TokenCreate">["scopes"][number];

interface Fields {
  name: string;
  kind: "personal" | "service";
  scopes: string[];
  days: number;
}

/** "For ever", as a number of the choice. */
const NEVER = 0;
const CHOICES = [7, 30, 90, 365, NEVER];

export function TokenForm({ onClose }: { onClose: () => void }) {
  const [made, setMade] = useState<NewToken | null>(null);
  return made ? <Made token={made} onClose={onClose} /> : <Making onMade={setMade} onClose={onClose} />;
}

function Making({ onMade, onClose }: { onMade: (token: NewToken) => void; onClose: () => void }) {
  const t = useTexts(TOKENS);
  const w = useTexts(WORDS);
  const { session, can } = useSession();
  const client = useQueryClient();
  const [form] = Form.useForm<Fields>();
  const [key] = useState(newIdempotencyKey);
  const days = Form.useWatch("days", form);
  const kinds = [...(session?.user ? (["personal"] as const) : []), ...(can("tokens:admin") ? (["service"] as const) : [])];
  const making = useMutation({
    mutationFn: ({ name, kind, scopes, days: chosen }: Fields) => {
      const body = { name, scopes: (scopes.includes(ADMIN) ? [ADMIN] : scopes) as Scope[], expires_in_days: chosen === NEVER ? null : chosen };
      const options = { params: { header: { "Idempotency-Key": key } }, body };
      return kind === "personal" ? done(api.POST("/api/v1/group-ai/me/tokens", options)) : done(api.POST("/api/v1/group-ai/tokens", options));
    },
    onSuccess: onMade,
    onError: (error) => showProblems(form, error),
    onSettled: () => client.invalidateQueries({ queryKey: ["tokens"] }),
  });
  const label = (choice: number) => (choice === NEVER ? t("expires.never") : choice === 365 ? t("expires.year") : t("expires.days", { count: choice }));
  return (
    <Modal
      open
      title={t("create.title")}
      width={640}
      okText={t("create.button")}
      cancelText={w("cancel")}
      okButtonProps={{ loading: making.isPending, htmlType: "submit", form: "token" }}
      onCancel={onClose}
    >
      <Form
        form={form}
        id="token"
        name="token"
        layout="vertical"
        requiredMark={false}
        initialValues={{ kind: kinds[0], scopes: [], days: 90 }}
        onFinish={(fields: Fields) => making.mutate({ ...fields, kind: fields.kind ?? kinds[0] ?? "personal" })}
      >
        <Form.Item name="name" label={t("create.name")} extra={t("create.name.help")} rules={[{ required: true, whitespace: true, message: t("create.name.missing") }]}>
          <Input autoComplete="off" maxLength={200} ref={focusOnceShown} />
        </Form.Item>
        {kinds.length > 1 ? (
          <Form.Item name="kind" label={t("create.kind")}>
            <Radio.Group style={{ display: "grid", gap: 4 }}>
              {kinds.map((kind) => (
                <Radio key={kind} value={kind} style={{ alignItems: "flex-start", whiteSpace: "normal" }}>
                  <strong>{t(`create.${kind}`)}</strong>
                  <div style={{ color: "var(--ant-color-text-description)" }}>{t(`create.${kind}.what`)}</div>
                </Radio>
              ))}
            </Radio.Group>
          </Form.Item>
        ) : null}
        <Form.Item name="scopes" label={t("create.scopes")} extra={t("create.scopes.help")} rules={[{ required: true, type: "array", min: 1, message: t("create.scopes.missing") }]}>
          <Rights mine={session?.scopes ?? []} />
        </Form.Item>
        <Form.Item name="days" label={t("create.expires")}>
          <Select style={{ maxWidth: 220 }} options={CHOICES.map((choice) => ({ value: choice, label: label(choice) }))} />
        </Form.Item>
        {days === NEVER ? <Alert type="warning" showIcon title={t("expires.warn")} style={{ marginBlockEnd: 12 }} /> : null}
      </Form>
      <Unplaced error={making.error} fields={["name", "scopes"]} />
    </Modal>
  );
}

function Made({ token, onClose }: { token: NewToken; onClose: () => void }) {
  const t = useTexts(TOKENS);
  const text = token.token ?? "";
  return (
    <Modal
      open
      title={t("made.title", { name: token.name })}
      width={640}
      mask={{ closable: false }}
      onCancel={onClose}
      footer={
        <Button type="primary" onClick={onClose}>
          {t("made.done")}
        </Button>
      }
    >
      <Alert type="warning" showIcon title={t("made.text")} style={{ marginBlockEnd: 12 }} />
      <code className="mono break" data-testid="token" style={{ display: "block", padding: 12, borderRadius: 8, background: "var(--ant-color-fill-quaternary)" }}>
        {text}
      </code>
      <div style={{ marginBlock: "12px 16px" }}>
        <CopyButton text={text} label={t("made.copy")} />
      </div>
      <div style={{ marginBlockEnd: 4, color: "var(--ant-color-text-description)" }}>{t("made.try")}</div>
      {/* The token itself stands in a variable: what is typed here stays in the history of the shell. */}
      <Command text={`curl -H "Authorization: Bearer $AUTOMATION_TOKEN" ${window.location.origin}/api/v1/group-ai/session`} />
    </Modal>
  );
}
