// The same task as text. What cannot be read stays as it was typed, with its problems at their lines.
import { Alert } from "antd";
import { useMemo } from "react";
import type { FieldProblem } from "@/api/problem";
import { useTexts } from "@/app/texts";
import { CodeEditor } from "@/components/CodeEditor";
import { Help } from "./Field";
import type { JsonProblem } from "./json-view";
import { lineOf } from "./pointers";
import { FORM } from "./texts";

export interface JsonViewProps {
  text: string;
  onChange: (text: string) => void;
  /** What makes it unreadable. */
  own: JsonProblem[];
  /** What the server said. */
  problems: FieldProblem[];
}

export function JsonView({ text, onChange, own, problems }: JsonViewProps) {
  const t = useTexts(FORM);
  const lines = useMemo(() => {
    const said = own.map((each) => ({ pointer: each.pointer, message: t(each.code, { why: each.why ?? "", kind: each.kind ? t(`kind.${each.kind}`) : "" }) }));
    return [...said, ...problems.map((each) => ({ pointer: each.pointer, message: each.detail }))].map((each) => ({ line: lineOf(text, each.pointer), ...each }));
  }, [text, own, problems, t]);
  return (
    <>
      <Help>{t("json.help")}</Help>
      <CodeEditor language="json" label={t("json.label")} height="min(70vh, 720px)" value={text} onChange={onChange} problems={lines} />
      {own.map((each, index) => (
        <Alert key={index} type="error" showIcon style={{ marginBlockStart: 8 }} title={lines[index]?.message} description={each.pointer ? <code>{each.pointer}</code> : undefined} />
      ))}
    </>
  );
}
