// Making or changing a silence: which alerts, how long, why; with what it would hold right now.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, DatePicker, Drawer, Form, Input, Segmented, Space } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { api, ask, type Schema } from "@/api/client";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { showProblems } from "@/components/formProblems";
import { WORDS } from "@/components/texts";
import { MatcherRows } from "./Matchers";
import type { Matcher } from "./matchers";
import { SilencePreview } from "./SilencePreview";
import { SILENCES } from "./silence-texts";

export type Silence = Schema<"AlertSilence">;

interface Values {
  matchers: Matcher[];
  starts_at: Dayjs | null;
  ends_at: Dayjs | null;
  comment: string;
  author: string;
}

const HOURS = [1, 4, 24, 72, 168];
const EMPTY: Matcher = { name: "alertname", op: "=", value: "" };

export interface SilenceFormProps {
  /** Undefined: a new one. */
  silence?: Silence | undefined;
  matchers?: Matcher[];
  onClose: () => void;
}

/** Render it only while it is open. */
export function SilenceForm({ silence, matchers = [], onClose }: SilenceFormProps) {
  const t = useTexts(SILENCES);
  const w = useTexts(WORDS);
  const { can } = useSession();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [form] = Form.useForm<Values>();
  const [hours, setHours] = useState(silence ? 0 : 1);
  const written = (Form.useWatch("matchers", form) ?? silence?.matchers ?? matchers) as Matcher[];
  const locked = silence?.state === "expired" || !can("alerts:write");
  const saving = useMutation({
    mutationFn: (values: Values) => save(silence, values, hours),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["silences"] });
      await client.invalidateQueries({ queryKey: ["alerts"] });
      void message.success(t("form.saved"));
      onClose();
    },
    onError: (error) => showProblems(form, error),
  });
  const initial: Values = silence
    ? { matchers: silence.matchers, starts_at: dayjs(silence.starts_at), ends_at: dayjs(silence.ends_at), comment: silence.comment, author: silence.author }
    : { matchers: matchers.length > 0 ? matchers : [EMPTY], starts_at: null, ends_at: null, comment: "", author: "" };
  const title = locked && silence ? t("form.view") : silence ? t("form.edit") : t("form.new");
  return (
    <Drawer
      open
      size={720}
      title={title}
      onClose={onClose}
      footer={
        <Space>
          {locked ? null : (
            <Button type="primary" loading={saving.isPending} onClick={() => form.submit()}>
              {w("save")}
            </Button>
          )}
          <Button onClick={onClose}>{locked ? w("close") : w("cancel")}</Button>
        </Space>
      }
    >
      <Form<Values> form={form} name="silence" layout="vertical" initialValues={initial} disabled={locked} onFinish={(values) => saving.mutate(values)} scrollToFirstError>
        <Form.Item name="matchers" label={t("form.matchers")} extra={t("form.matchers.help")} rules={[{ validator: (_, value: Matcher[]) => (value.every((each) => each.name) ? Promise.resolve() : Promise.reject(new Error(t("form.required")))) }]}>
          <MatcherRows label={t("form.matchers")} disabled={locked} />
        </Form.Item>
        {silence ? null : (
          <Form.Item label={t("form.duration")}>
            <Segmented
              aria-label={t("form.duration")}
              value={hours}
              onChange={setHours}
              options={[
                ...HOURS.map((each) => ({ value: each, label: each < 24 ? t("form.duration.hours", { count: each }) : t("form.duration.days", { count: each / 24 }) })),
                { value: 0, label: t("form.duration.custom") },
              ]}
            />
          </Form.Item>
        )}
        {hours === 0 ? (
          <Space wrap align="start">
            <Form.Item name="starts_at" label={t("form.start")}>
              <DatePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" placeholder={t("form.start.now")} />
            </Form.Item>
            <Form.Item
              name="ends_at"
              label={t("form.end")}
              dependencies={["starts_at"]}
              rules={[
                { required: true, message: t("form.required") },
                ({ getFieldValue }) => ({
                  validator: (_, end: Dayjs | null) =>
                    !end || end.isAfter((getFieldValue("starts_at") as Dayjs | null) ?? dayjs()) || locked ? Promise.resolve() : Promise.reject(new Error(t("form.order"))),
                }),
              ]}
            >
              <DatePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" />
            </Form.Item>
          </Space>
        ) : null}
        <Form.Item name="comment" label={t("form.comment")} rules={[{ required: true, whitespace: true, message: t("form.required") }]}>
          <Input.TextArea rows={2} maxLength={500} placeholder={t("form.comment.example")} />
        </Form.Item>
        <Form.Item name="author" label={t("form.author")} extra={silence ? undefined : t("form.author.help")}>
          <Input maxLength={200} />
        </Form.Item>
        <SilencePreview matchers={written} />
        <Failure error={saving.error} />
      </Form>
    </Drawer>
  );
}

function save(silence: Silence | undefined, values: Values, hours: number) {
  const start = hours > 0 ? null : values.starts_at;
  const end = hours > 0 ? dayjs().add(hours, "hour") : values.ends_at;
  const body = {
    matchers: values.matchers,
    ends_at: end?.toISOString() ?? "",
    comment: values.comment.trim(),
    ...(start ? { starts_at: start.toISOString() } : {}),
    ...(values.author.trim() ? { author: values.author.trim() } : {}),
  };
  if (!silence) return ask(api.POST("/api/v1/group-ai/alert-silences", { body: body as Schema<"AlertSilenceCreate"> }));
  return ask(
    api.PUT("/api/v1/group-ai/alert-silences/{silence_id}", { params: { path: { silence_id: silence.id }, header: { "If-Match": `"${silence.version}"` } }, body: body as Schema<"AlertSilenceUpdate"> }),
  );
}
