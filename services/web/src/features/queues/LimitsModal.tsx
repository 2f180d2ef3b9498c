// The limits of a queue; of a new one, its name, too.
import { useMutation } from "@tanstack/react-query";
import { Form, Input, InputNumber, Modal, Space } from "antd";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { focusOnceShown } from "@/components/focusOnceShown";
import { showProblems } from "@/components/formProblems";
import { WORDS } from "@/components/texts";
import { putQueue, type Queue, useRefresh } from "./queueApi";
import { QUEUES } from "./texts";

interface Fields {
  name: string;
  description?: string;
  concurrency?: number | null;
  rate_limit?: { limit?: number | null; period_seconds?: number | null };
  max_depth?: number | null;
}

/** Render it only while it is open. Without a queue it sets up a new one. */
export function LimitsModal({ queue, onClose }: { queue: Queue | null; onClose: () => void }) {
  const t = useTexts(QUEUES);
  const word = useTexts(WORDS);
  const refresh = useRefresh();
  const [form] = Form.useForm<Fields>();
  const saving = useMutation({
    mutationFn: (fields: Fields) => {
      const { limit, period_seconds: period } = fields.rate_limit ?? {};
      return putQueue(fields.name, {
        description: fields.description?.trim() || null,
        concurrency: fields.concurrency ?? null,
        rate_limit: limit && period ? { limit, period_seconds: period } : null,
        max_depth: fields.max_depth ?? null,
      });
    },
    onSuccess: async () => {
      await refresh();
      onClose();
    },
    onError: (error) => showProblems(form, error),
  });
  const both = ({ getFieldValue }: { getFieldValue: (name: string[]) => unknown }, other: string) => ({
    validator: (_: unknown, value: unknown) => (!value && getFieldValue(["rate_limit", other]) ? Promise.reject(new Error(word("required"))) : Promise.resolve()),
  });
  return (
    <Modal open title={queue ? t("edit.title", { name: queue.name }) : t("edit.new")} onCancel={onClose} cancelText={word("cancel")} okText={word("save")} okButtonProps={{ loading: saving.isPending }} onOk={() => form.submit()}>
      <Form<Fields>
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={(fields) => saving.mutate({ ...fields, name: queue?.name ?? fields.name })}
        initialValues={{ name: queue?.name, description: queue?.description, concurrency: queue?.concurrency, rate_limit: queue?.rate_limit ?? {}, max_depth: queue?.max_depth }}
      >
        {queue ? null : (
          <Form.Item name="name" label={t("edit.name")} extra={t("edit.name.hint")} rules={[{ required: true, pattern: /^[a-z][a-z0-9-]{0,62}$/, message: t("edit.name.hint") }]}>
            <Input ref={focusOnceShown} maxLength={63} autoComplete="off" spellCheck={false} />
          </Form.Item>
        )}
        <Form.Item name="description" label={t("edit.description")}>
          <Input maxLength={500} />
        </Form.Item>
        <Form.Item name="concurrency" label={t("edit.concurrency")} extra={t("edit.concurrency.hint")}>
          <InputNumber min={1} max={100_000} precision={0} style={{ width: 160 }} />
        </Form.Item>
        <fieldset>
          <legend style={{ marginBlockEnd: 4 }}>{t("edit.rate")}</legend>
          <Space wrap align="start">
            <Form.Item name={["rate_limit", "limit"]} label={t("edit.rate.count")} dependencies={[["rate_limit", "period_seconds"]]} rules={[(all) => both(all, "period_seconds")]}>
              <InputNumber min={1} precision={0} style={{ width: 140 }} />
            </Form.Item>
            <Form.Item name={["rate_limit", "period_seconds"]} label={t("edit.rate.period")} dependencies={[["rate_limit", "limit"]]} rules={[(all) => both(all, "limit")]}>
              <InputNumber min={1} precision={0} style={{ width: 140 }} />
            </Form.Item>
          </Space>
        </fieldset>
        <Form.Item name="max_depth" label={t("edit.depth")} extra={t("edit.depth.hint")}>
          <InputNumber min={0} max={1_000_000} precision={0} style={{ width: 160 }} />
        </Form.Item>
      </Form>
      <Failure error={saving.error} />
    </Modal>
  );
}
