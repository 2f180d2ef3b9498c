// Publishes one event, to see what listens to it.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Form, Input, Modal } from "antd";
import { useState } from "react";
import { api, ask, newIdempotencyKey } from "@/api/client";
import { ApiProblem, problemsAt } from "@/api/problem";
import { useTexts } from "@/app/texts";
import { Command } from "@/components/Command";
import { Failure } from "@/components/Failure";
import { WORDS } from "@/components/texts";
import { JsonValueEditor } from "@/features/action-form/JsonEditor";
import { curl, subjectOf } from "./curl";
import { EVENTS } from "./texts";

export interface Draft {
  source: string;
  type: string;
  data: unknown;
}

export function PublishDialog({ draft, onClose }: { draft: Draft; onClose: () => void }) {
  const t = useTexts(EVENTS);
  const words = useTexts(WORDS);
  const { message } = App.useApp();
  const client = useQueryClient();
  const [source, setSource] = useState(draft.source);
  const [type, setType] = useState(draft.type);
  const [data, setData] = useState<unknown>(draft.data);
  const event = { source: source.trim(), type: type.trim(), data: data ?? null };
  const send = useMutation({
    mutationFn: () => ask(api.POST("/api/v1/group-ai/events", { params: { header: { "Idempotency-Key": newIdempotencyKey() } }, body: event as never })),
    onSuccess: async () => {
      void message.success(t("form.sent", { subject: subjectOf(event.source, event.type) }));
      onClose();
      await client.invalidateQueries({ queryKey: ["events", "kinds"] });
    },
  });
  const problems = send.error instanceof ApiProblem ? send.error.errors : [];
  const text = (id: string, label: string, help: string, value: string, set: (value: string) => void, pointer: string) => {
    const own = problemsAt(problems, pointer);
    return (
      <Form.Item style={{ margin: 0 }} layout="vertical" label={label} htmlFor={id} required validateStatus={own.length > 0 ? "error" : ""} help={own[0]?.detail ?? help}>
        <Input id={id} className="mono" value={value} maxLength={255} onChange={(change) => set(change.target.value)} />
      </Form.Item>
    );
  };
  return (
    <Modal
      open
      title={t("form.title")}
      width={640}
      okText={t("form.send")}
      cancelText={words("cancel")}
      okButtonProps={{ loading: send.isPending, disabled: event.source === "" || event.type === "" }}
      onOk={() => send.mutate()}
      onCancel={onClose}
    >
      <Alert type="info" showIcon title={t("form.note")} style={{ marginBlockEnd: 12 }} />
      <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 220px), 1fr))", columnGap: 16, rowGap: 8, marginBlockEnd: 16 }}>
        {text("event-source", t("form.source"), t("form.sourceHelp"), source, setSource, "/source")}
        {text("event-type", t("form.type"), t("form.typeHelp"), type, setType, "/type")}
      </div>
      <p style={{ margin: "0 0 8px" }} className="break">{t("form.subject", { subject: subjectOf(event.source || "…", event.type || "…") })}</p>
      <div style={{ marginBlockEnd: 4 }}>{t("form.data")}</div>
      <JsonValueEditor value={data} onChange={setData} label={t("form.data")} height="160px" />
      {send.error && problems.length === 0 ? <Failure error={send.error} /> : null}
      {problems.filter((each) => each.pointer !== "/source" && each.pointer !== "/type").map((each, index) => <Alert key={index} type="error" showIcon title={each.detail} style={{ marginBlockStart: 8 }} />)}
      <div style={{ margin: "16px 0 4px", color: "var(--ant-color-text-description)" }}>{t("form.command")}</div>
      <Command text={curl("/events", event)} />
    </Modal>
  );
}
