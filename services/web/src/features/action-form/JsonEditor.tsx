// JSON as text: what is no JSON yet is kept here and told, and handed on once it is.
import { Alert } from "antd";
import { useState } from "react";
import { useTexts } from "@/app/texts";
import { CodeEditor } from "@/components/CodeEditor";
import { ACTIONS } from "./texts";

interface Props {
  value: unknown;
  onChange: (value: unknown) => void;
  label: string;
  height?: string;
}

/** Any JSON value; an empty text is none. */
export function JsonValueEditor({ value, onChange, label, height = "120px" }: Props) {
  const t = useTexts(ACTIONS);
  return <Editor value={value} onChange={onChange} label={label} height={height} refuse={() => null} say={(why) => t("form.jsonValueBad", { why })} />;
}

/** An object. */
export function JsonObjectEditor({ value, onChange, label, height = "320px" }: Props) {
  const t = useTexts(ACTIONS);
  const isObject = (parsed: unknown) => typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
  return <Editor value={value} onChange={(after) => onChange(after ?? {})} label={label} height={height} refuse={(parsed) => (isObject(parsed) ? null : "{ … }")} say={(why) => t("form.jsonBad", { why })} />;
}

interface EditorProps extends Required<Props> {
  refuse: (parsed: unknown) => string | null;
  say: (why: string) => string;
}

function Editor({ value, onChange, label, height, refuse, say }: EditorProps) {
  const [text, setText] = useState(() => spelled(value));
  const [wrong, setWrong] = useState<string | null>(null);
  const isOurs = wrong !== null || sameAs(text, value);
  const shown = isOurs ? text : spelled(value);
  const change = (after: string) => {
    setText(after);
    if (after.trim() === "") {
      setWrong(null);
      onChange(undefined);
      return;
    }
    let parsed: unknown;
    try {
      parsed = JSON.parse(after);
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error));
      return;
    }
    const refused = refuse(parsed);
    setWrong(refused);
    if (refused === null) onChange(parsed);
  };
  return (
    <div>
      <CodeEditor language="json" label={label} value={shown} onChange={change} height={height} />
      {wrong !== null ? <Alert type="error" showIcon role="alert" title={say(wrong)} style={{ marginBlockStart: 8 }} /> : null}
    </div>
  );
}

function spelled(value: unknown): string {
  return value === undefined || value === null ? "" : JSON.stringify(value, null, 2);
}

function sameAs(text: string, value: unknown): boolean {
  if (text.trim() === "") return value === undefined || value === null;
  try {
    return JSON.stringify(JSON.parse(text)) === JSON.stringify(value);
  } catch {
    return false;
  }
}
