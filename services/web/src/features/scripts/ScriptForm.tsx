// A new script: its id, its name, and a first text that already makes sense.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Drawer, Form, Grid, Input, Space } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useTexts } from "@/app/texts";
import { usePreferences } from "@/app/preferences";
import { Failure } from "@/components/Failure";
import { focusOnceShown } from "@/components/focusOnceShown";
import { showProblems } from "@/components/formProblems";
import { GrowingText } from "@/components/GrowingText";
import { WORDS } from "@/components/texts";
import { createScript } from "./api";
import { CheckedEditor } from "./CheckedEditor";
import { exampleText } from "./example";
import { SCRIPTS } from "./texts";

interface Fields {
  script_id: string;
  name: string;
  description?: string;
}

/** Render it only while it is open. */
export function ScriptForm({ onClose }: { onClose: () => void }) {
  const t = useTexts(SCRIPTS);
  const words = useTexts(WORDS);
  const { language } = usePreferences();
  const wide = Grid.useBreakpoint().md ?? true;
  const navigate = useNavigate();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [form] = Form.useForm<Fields>();
  const [text, setText] = useState(() => exampleText(language));
  const creating = useMutation({
    mutationFn: (fields: Fields) => createScript({ ...fields, description: fields.description ?? null, yaml_content: text }),
    onSuccess: (script) => {
      void message.success(t("edit.saved", { number: script.version }));
      void navigate(`/scripts/${encodeURIComponent(script.script_id)}`);
      return client.invalidateQueries({ queryKey: ["scripts"] });
    },
    onError: (error) => showProblems(form, error),
  });
  return (
    <Drawer
      open
      title={t("list.new")}
      size={wide ? 760 : "100%"}
      onClose={onClose}
      mask={{ closable: false }}
      extra={
        <Space>
          <Button onClick={onClose}>{words("cancel")}</Button>
          <Button type="primary" loading={creating.isPending} onClick={() => form.submit()}>{words("create")}</Button>
        </Space>
      }
    >
      <Failure error={creating.error} />
      <Form<Fields> form={form} layout="vertical" onFinish={(fields) => creating.mutate(fields)}>
        <Form.Item name="script_id" label={t("edit.id")} extra={t("edit.idHelp")} rules={[{ required: true }]}>
          <Input className="mono" ref={focusOnceShown} autoComplete="off" placeholder="morning-chat" />
        </Form.Item>
        <Form.Item name="name" label={t("edit.name")} rules={[{ required: true, whitespace: true }]}>
          <Input maxLength={200} autoComplete="off" />
        </Form.Item>
        <Form.Item name="description" label={t("edit.description")}>
          <GrowingText rows={1} most={4} maxLength={2000} />
        </Form.Item>
      </Form>
      <CheckedEditor label={t("edit.text")} value={text} onChange={setText} height="360px" />
    </Drawer>
  );
}
