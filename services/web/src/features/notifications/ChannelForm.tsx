// Making or changing a channel: a form for each service; secrets are written, never read.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Drawer, Form, Input, InputNumber, Segmented, Select, Space, Switch } from "antd";
import { useState } from "react";
import { api, ask } from "@/api/client";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { showProblems } from "@/components/formProblems";
import { GrowingText } from "@/components/GrowingText";
import { WORDS } from "@/components/texts";
import { Pairs } from "@/features/alerts/inputs";
import { bodyOf, type ChannelValues, valuesOf } from "./channelBody";
import { ServiceIcon } from "./ServiceIcon";
import { type Channel, chooseSecret, GROUPS, SERVICES, type SecretField, type ServiceName, serviceOf } from "./services";
import { CHANNELS } from "./texts";

const NAME = /^[a-z][a-z0-9-]{0,62}$/;

export interface ChannelFormProps {
  /** Undefined: a new one. */
  channel?: Channel | undefined;
  taken: string[];
  onClose: () => void;
  onTest: (name: string) => void;
}

/** Render it only while it is open. */
export function ChannelForm({ channel, taken, onClose, onTest }: ChannelFormProps) {
  const t = useTexts(CHANNELS);
  const w = useTexts(WORDS);
  const { language } = usePreferences();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [form] = Form.useForm<ChannelValues>();
  const [service, setService] = useState<ServiceName>(channel ? serviceOf(channel) : "webhook");
  const [testing, setTesting] = useState(false);
  const saving = useMutation({
    mutationFn: ({ values, secret }: { values: ChannelValues; secret: Record<string, string> | undefined }) =>
      ask(api.PUT("/api/v1/group-ai/channels/{name}", { params: { path: { name: values.name } }, body: bodyOf(service, values, secret) })),
    onSuccess: async (_, { values }) => {
      await client.invalidateQueries({ queryKey: ["channels"] });
      void message.success(t("form.saved", { name: values.name }));
      onClose();
      if (testing) onTest(values.name);
    },
    onError: (error) => showProblems(form, error),
  });
  const stored = !!channel?.has_secret && serviceOf(channel) === service;
  const finish = () => {
    const values = form.getFieldsValue(true) as ChannelValues;
    const choice = chooseSecret(service, values.secret, stored);
    if ("secret" in choice) saving.mutate({ values, secret: choice.secret });
    else if ("missing" in choice) form.setFields(choice.missing.map((name) => ({ name: ["secret", name] as never, errors: [t("form.required")] })));
    else form.setFields([{ name: ["secret", choice.wrong] as never, errors: [wrong(service, choice.wrong)] }]);
  };
  const wrong = (name: ServiceName, field: string) => {
    const example = SERVICES[name].fields.find((each) => each.name === field)?.example ?? "";
    return field === "webhook" ? t("field.webhook.wrong", { example }) : t("field.wrong");
  };
  const submit = (andTest: boolean) => {
    setTesting(andTest);
    form.submit();
  };
  return (
    <Drawer
      open
      size={640}
      title={channel ? t("form.edit", { name: channel.name }) : t("form.new")}
      onClose={onClose}
      footer={
        <Space wrap>
          <Button type="primary" loading={saving.isPending && !testing} onClick={() => submit(false)}>
            {w("save")}
          </Button>
          <Button loading={saving.isPending && testing} onClick={() => submit(true)}>
            {t("form.saveAndTest")}
          </Button>
          <Button onClick={onClose}>{w("cancel")}</Button>
        </Space>
      }
    >
      <Form<ChannelValues> form={form} name="channel" layout="vertical" initialValues={valuesOf(channel, language)} onFinish={finish} scrollToFirstError={{ focus: true }}>
        {channel ? <p style={{ marginBlockStart: 0 }}><ServiceIcon service={service} /> {t(`service.${service}`)}</p> : <ServiceChoice value={service} onChange={setService} />}
        <p style={{ color: "var(--ant-color-text-description)" }}>{t(`about.${service}`)}</p>
        {channel ? null : (
          <Form.Item
            name="name"
            label={t("form.name")}
            extra={t("form.name.help")}
            rules={[
              { required: true, message: t("form.required") },
              { pattern: NAME, message: t("form.name.help") },
              { validator: (_, name: string) => (taken.includes(name) ? Promise.reject(new Error(t("form.name.taken"))) : Promise.resolve()) },
            ]}
          >
            <Input maxLength={63} autoComplete="off" spellCheck={false} />
          </Form.Item>
        )}
        {service === "email" ? (
          <Form.Item name="to" label={t("field.to")} extra={t("field.to.help")} rules={[{ required: true, type: "array", min: 1, message: t("form.required") }]}>
            <Select mode="tags" open={false} suffixIcon={null} tokenSeparators={[",", ";", " "]} />
          </Form.Item>
        ) : null}
        <Secrets key={service} service={service} stored={stored} />
        {service === "alertmanager" ? (
          <Form.Item name="labels" label={t("field.labels")}>
            <Pairs label={t("field.labels")} />
          </Form.Item>
        ) : null}
        <Form.Item name="description" label={t("form.description")}>
          <GrowingText most={4} maxLength={2_000} />
        </Form.Item>
        <Space wrap size={24} align="start">
          <Form.Item name="language" label={t("form.language")}>
            <Segmented aria-label={t("form.language")} options={[{ value: "zh-TW", label: "繁體中文" }, { value: "en", label: "English" }]} />
          </Form.Item>
          <Form.Item name="enabled" label={t("form.enabled")} valuePropName="checked">
            <Switch />
          </Form.Item>
        </Space>
        <Form.Item name="most_messages" label={t("form.most")} extra={t("form.most.help")}>
          <InputNumber min={1} max={10_000} precision={0} />
        </Form.Item>
        <Failure error={saving.error} />
      </Form>
    </Drawer>
  );
}

function ServiceChoice({ value, onChange }: { value: ServiceName; onChange: (service: ServiceName) => void }) {
  const t = useTexts(CHANNELS);
  return (
    <div role="radiogroup" aria-label={t("form.service")}>
      {GROUPS.map((group) => (
        <div key={group.name} style={{ marginBlockEnd: 8 }}>
          <div style={{ color: "var(--ant-color-text-description)", fontSize: 12 }}>{t(group.name)}</div>
          <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(min(100%, 165px), 1fr))", gap: 6 }}>
            {group.services.map((service) => (
              <label
                key={service}
                style={{
                  display: "flex", gap: 8, alignItems: "center", padding: "8px 10px", borderRadius: 8, cursor: "pointer",
                  border: `1px solid var(${value === service ? "--ant-color-primary" : "--ant-color-border"})`,
                  background: value === service ? "var(--ant-color-primary-bg)" : "none",
                }}
              >
                <input type="radio" name="service" checked={value === service} onChange={() => onChange(service)} style={{ accentColor: "var(--ant-color-primary)", margin: 0 }} />
                <ServiceIcon service={service} size={16} />
                <span className="break">{t(`service.${service}`)}</span>
              </label>
            ))}
          </div>
        </div>
      ))}
    </div>
  );
}

function Secrets({ service, stored }: { service: ServiceName; stored: boolean }) {
  const t = useTexts(CHANNELS);
  const { fields } = SERVICES[service];
  if (fields.length === 0) return null;
  return (
    <>
      {stored ? <Alert type="info" showIcon title={t("form.secret.keep")} style={{ marginBlockEnd: 12 }} /> : null}
      {fields.map((field) => (
        <Form.Item
          key={field.name}
          name={["secret", field.name]}
          label={labelOf(field, t(field.label as keyof typeof CHANNELS))}
          extra={field.help ? t(field.help as keyof typeof CHANNELS) : undefined}
          rules={stored || field.optional ? [] : [{ required: true, message: t("form.required") }]}
        >
          {field.plain ? (
            <Input maxLength={2_048} autoComplete="off" spellCheck={false} placeholder={stored ? "••••••" : (field.example ?? "")} />
          ) : (
            <Input.Password maxLength={2_048} autoComplete="new-password" placeholder={stored ? "••••••" : (field.example ?? "")} />
          )}
        </Form.Item>
      ))}
    </>
  );
}

function labelOf(field: SecretField, label: string) {
  return field.optional ? <Optional label={label} /> : label;
}

function Optional({ label }: { label: string }) {
  const w = useTexts(WORDS);
  return (
    <>
      {label}
      <span style={{ marginInlineStart: 4, color: "var(--ant-color-text-description)" }}>({w("optional")})</span>
    </>
  );
}
