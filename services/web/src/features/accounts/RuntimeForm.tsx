// The fields of how an account is run; its value is the account's whole config.
import { Form, Input, InputNumber, Segmented, Select } from "antd";
import { useState } from "react";
import { useTexts } from "@/app/texts";
import { CodeEditor } from "@/components/CodeEditor";
import { GrowingText } from "@/components/GrowingText";
import { FORM } from "./texts";
import { type Config, configOf, fieldsOf, parseConfig, type RuntimeFields } from "./runtimeFields";

interface Props {
  value: Config;
  onChange: (config: Config | null) => void;
}

const ROW = { display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(150px, 1fr))", gap: "0 12px" } as const;

/** `onChange(null)`: what stands in the editor is no JSON object yet. */
export function RuntimeForm({ value, onChange }: Props) {
  const t = useTexts(FORM);
  const [as, setAs] = useState<"form" | "json">("form");
  const [fields, setFields] = useState(() => fieldsOf(value));
  const [json, setJson] = useState(() => JSON.stringify(value, null, 2));
  const bad = as === "json" && parseConfig(json) === null;
  const show = (next: "form" | "json") => {
    if (next === "json") setJson(JSON.stringify(value, null, 2));
    else setFields(fieldsOf(value));
    setAs(next);
  };
  const set = (changes: Partial<RuntimeFields>) => {
    const after = { ...fields, ...changes };
    setFields(after);
    onChange(configOf(after, value));
  };
  return (
    <>
      <Segmented
        aria-label={t("how.label")}
        size="small"
        value={as}
        disabled={bad}
        options={(["form", "json"] as const).map((each) => ({ value: each, label: t(`how.${each}`) }))}
        onChange={show}
        style={{ marginBlockEnd: 12 }}
      />
      {as === "form" ? (
        <Fields fields={fields} set={set} />
      ) : (
        <Form.Item validateStatus={bad ? "error" : ""} help={bad ? t("config.bad") : undefined}>
          <CodeEditor
            language="json"
            label={t("config")}
            value={json}
            height="320px"
            onChange={(text) => {
              setJson(text);
              onChange(parseConfig(text));
            }}
          />
        </Form.Item>
      )}
    </>
  );
}

function Fields({ fields, set }: { fields: RuntimeFields; set: (changes: Partial<RuntimeFields>) => void }) {
  const t = useTexts(FORM);
  const seconds = (name: "readyAfter" | "readyTimeout" | "healthInterval" | "restartMax" | "restartWindow" | "grace", label: keyof typeof FORM, least = 0) => (
    <Form.Item label={t(label)} htmlFor={`runtime-${name}`}>
      <InputNumber id={`runtime-${name}`} min={least} value={fields[name]} style={{ width: "100%" }} onChange={(value) => set({ [name]: value ?? least })} />
    </Form.Item>
  );
  return (
    <>
      <Form.Item label={t("command")} htmlFor="runtime-command" extra={t("command.help")}>
        <GrowingText id="runtime-command" className="mono" rows={3} most={12} value={fields.command} onChange={(event) => set({ command: event.target.value })} />
      </Form.Item>
      <Form.Item label={t("env")} htmlFor="runtime-env" extra={t("env.help")}>
        <GrowingText id="runtime-env" className="mono" rows={1} most={8} value={fields.env} onChange={(event) => set({ env: event.target.value })} />
      </Form.Item>
      <div style={ROW}>
        <Form.Item label={t("ready")} htmlFor="runtime-ready">
          <Select id="runtime-ready" value={fields.readyKind} onChange={(readyKind) => set({ readyKind })} options={(["http", "tcp", "process", "file"] as const).map((value) => ({ value, label: t(`ready.${value}`) }))} />
        </Form.Item>
        {fields.readyKind === "http" ? <Line id="ready-path" label={t("path")} value={fields.readyPath} onChange={(readyPath) => set({ readyPath })} /> : null}
        {fields.readyKind === "file" ? <Line id="ready-file" label={t("file")} value={fields.readyFile} onChange={(readyFile) => set({ readyFile })} /> : null}
        {fields.readyKind === "process" ? seconds("readyAfter", "after") : null}
        {seconds("readyTimeout", "timeout", 1)}
      </div>
      <div style={ROW}>
        <Form.Item label={t("health")} htmlFor="runtime-health">
          <Select id="runtime-health" value={fields.healthKind} onChange={(healthKind) => set({ healthKind })} options={[{ value: "", label: t("health.none") }, { value: "http", label: t("ready.http") }, { value: "tcp", label: t("ready.tcp") }]} />
        </Form.Item>
        {fields.healthKind === "http" ? <Line id="health-path" label={t("path")} value={fields.healthPath} onChange={(healthPath) => set({ healthPath })} /> : null}
        {fields.healthKind ? seconds("healthInterval", "interval", 1) : null}
      </div>
      <div style={ROW}>
        {seconds("restartMax", "restarts")}
        {seconds("restartWindow", "window", 1)}
        {seconds("grace", "grace")}
        <Form.Item label={t("reload")} htmlFor="runtime-reload">
          <Select id="runtime-reload" value={fields.reload} onChange={(reload) => set({ reload })} options={(["restart", "signal"] as const).map((value) => ({ value, label: t(`reload.${value}`) }))} />
        </Form.Item>
      </div>
      <div style={{ color: "var(--ant-color-text-description)", marginBlockEnd: 12 }}>{t("restarts.help")}</div>
    </>
  );
}

function Line({ id, label, value, onChange }: { id: string; label: string; value: string; onChange: (value: string) => void }) {
  return (
    <Form.Item label={label} htmlFor={`runtime-${id}`}>
      <Input id={`runtime-${id}`} className="mono" value={value} onChange={(event) => onChange(event.target.value)} />
    </Form.Item>
  );
}
