// The test of a channel: a message is really sent, and what went out and came back is shown.
import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Modal, Spin, Tabs } from "antd";
import { useEffect, useRef } from "react";
import { api, ask, type Schema } from "@/api/client";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { WORDS } from "@/components/texts";
import { CHANNELS } from "./texts";

type Tested = Schema<"ChannelTestResult">;

/** Render it only while it is open: it sends as soon as it is there. */
export function ChannelTest({ name, onClose }: { name: string; onClose: () => void }) {
  const t = useTexts(CHANNELS);
  const w = useTexts(WORDS);
  const testing = useMutation({ mutationFn: () => ask(api.POST("/api/v1/group-ai/channels/{name}/test", { params: { path: { name } } })) });
  const { mutate } = testing;
  const sent = useRef(false);
  useEffect(() => {
    // Rendering twice, as development does, must not send twice.
    if (sent.current) return;
    sent.current = true;
    mutate();
  }, [mutate]);
  return (
    <Modal
      open
      width={760}
      title={t("test.title", { name })}
      onCancel={onClose}
      footer={[
        <Button key="again" disabled={testing.isPending} onClick={() => testing.mutate()}>
          {t("test.again")}
        </Button>,
        <Button key="close" type="primary" onClick={onClose}>
          {w("close")}
        </Button>,
      ]}
    >
      <div aria-live="polite">
        {testing.isPending ? (
          <p>
            <Spin size="small" /> {t("test.running")}
          </p>
        ) : null}
        <Failure error={testing.error} />
        {testing.data && !testing.isPending ? <TestResult tested={testing.data} /> : null}
      </div>
    </Modal>
  );
}

function TestResult({ tested }: { tested: Tested }) {
  const t = useTexts(CHANNELS);
  return (
    <>
      <Alert
        type={tested.ok ? "success" : "error"}
        showIcon
        title={tested.ok ? t("test.ok", { ms: tested.duration_ms }) : t("test.bad", { ms: tested.duration_ms })}
        description={<span className="pre">{tested.detail}</span>}
      />
      <Tabs
        size="small"
        defaultActiveKey={tested.ok ? "request" : "answer"}
        items={[
          { key: "request", label: t("test.request"), children: <Request tested={tested} /> },
          { key: "answer", label: t("test.answer"), children: <Answer tested={tested} /> },
        ]}
      />
      <p style={{ margin: 0, color: "var(--ant-color-text-description)" }}>{t("test.blot")}</p>
    </>
  );
}

function Request({ tested: { request } }: { tested: Tested }) {
  const t = useTexts(CHANNELS);
  if (!request) return <p>{t("test.request.none")}</p>;
  return (
    <>
      <Block label={t("test.request")} text={`${request.method} ${request.url}`} />
      <Headers headers={request.headers} />
      <Block label={t("test.body")} text={pretty(request.body)} />
    </>
  );
}

function Answer({ tested: { answer } }: { tested: Tested }) {
  const t = useTexts(CHANNELS);
  if (!answer) return <p>{t("test.answer.none")}</p>;
  return (
    <>
      {answer.status === null ? null : <Block label={t("test.answer")} text={String(answer.status)} />}
      <Headers headers={answer.headers} />
      <Block label={t("test.body")} text={pretty(answer.body) || "–"} />
    </>
  );
}

function Headers({ headers }: { headers: Record<string, string> }) {
  const t = useTexts(CHANNELS);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return lines.length > 0 ? <Block label={t("test.headers")} text={lines.join("\n")} /> : null;
}

function Block({ label, text }: { label: string; text: string }) {
  return (
    <figure style={{ margin: "0 0 8px" }}>
      <figcaption style={{ color: "var(--ant-color-text-description)" }}>{label}</figcaption>
      <pre className="pre mono" tabIndex={0} style={{ margin: 0, padding: 10, maxHeight: 240, overflow: "auto", borderRadius: 8, background: "var(--ant-color-fill-quaternary)" }}>
        {text}
      </pre>
    </figure>
  );
}

/** JSON with line breaks; anything else as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
