// CodeMirror, loaded when it is first needed. Styles go through adopted style sheets, which the content security
// policy allows. For reading, `readOnly`.
import { Skeleton } from "antd";
import { lazy, Suspense } from "react";
import type { CodeMirrorEditorProps } from "./CodeMirrorEditor";

const Editor = lazy(() => import("./CodeMirrorEditor"));

export function CodeEditor(props: CodeMirrorEditorProps) {
  return (
    <Suspense fallback={<Skeleton active paragraph={{ rows: 6 }} />}>
      <Editor {...props} />
    </Suspense>
  );
}
