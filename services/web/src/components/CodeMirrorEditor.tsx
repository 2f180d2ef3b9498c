// The editor itself; import `CodeEditor` instead, which loads this when needed.
import { json } from "@codemirror/lang-json";
import { python } from "@codemirror/lang-python";
import { sql } from "@codemirror/lang-sql";
import { yaml } from "@codemirror/lang-yaml";
import { type Diagnostic, linter, lintGutter } from "@codemirror/lint";
import CodeMirror, { EditorView, type Extension } from "@uiw/react-codemirror";
import { useMemo } from "react";
import { usePreferences } from "@/app/preferences";
import { codeDark } from "./codeDark";

export interface LineProblem {
  /** Counts from 1. */
  line: number;
  message: string;
  severity?: "error" | "warning" | "info";
}

export interface CodeMirrorEditorProps {
  value: string;
  onChange?: (value: string) => void;
  language: "json" | "yaml" | "python" | "sql" | "text";
  readOnly?: boolean;
  problems?: LineProblem[];
  /** Of the text area, for screen readers. */
  label: string;
  height?: string;
}

const LANGUAGES: Record<CodeMirrorEditorProps["language"], () => Extension> = {
  json: () => json(),
  yaml: () => yaml(),
  python: () => python(),
  sql: () => sql(),
  text: () => [],
};

export default function CodeMirrorEditor({ value, onChange, language, readOnly = false, problems, label, height = "240px" }: CodeMirrorEditorProps) {
  const { dark } = usePreferences();
  const extensions = useMemo(
    () => [
      LANGUAGES[language](),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ "aria-label": label }),
      ...(problems ? [lintGutter(), linter((view) => problems.map((each) => diagnosticOf(each, view)), { delay: 0 })] : []),
    ],
    [language, label, problems],
  );
  return (
    <div style={{ border: "1px solid var(--ant-color-border)", borderRadius: 8, overflow: "hidden" }}>
      <CodeMirror
        value={value}
        height={height}
        theme={dark ? codeDark : "light"}
        readOnly={readOnly}
        editable={!readOnly}
        extensions={extensions}
        {...(onChange ? { onChange } : {})}
      />
    </div>
  );
}

function diagnosticOf(problem: LineProblem, view: EditorView): Diagnostic {
  const line = view.state.doc.line(Math.min(Math.max(problem.line, 1), view.state.doc.lines));
  return { from: line.from, to: line.to, severity: problem.severity ?? "error", message: problem.message };
}
