// Two texts beside each other, or in one column where there is no room; import `Diff`, which loads this when needed.
import { yaml } from "@codemirror/lang-yaml";
import { MergeView, unifiedMergeView } from "@codemirror/merge";
import { basicSetup, EditorState, EditorView, type Extension } from "@uiw/react-codemirror";
import { useEffect, useRef } from "react";
import { usePreferences } from "@/app/preferences";
import { codeDark } from "@/components/codeDark";

export interface DiffProps {
  before: string;
  after: string;
  /** Names for screen readers. */
  labels: [string, string];
  sideBySide: boolean;
}

const UNCHANGED = { margin: 3, minSize: 6 };

export default function DiffEditor({ before, after, labels, sideBySide }: DiffProps) {
  const { dark } = usePreferences();
  const box = useRef<HTMLDivElement>(null);
  const [old, young] = labels;
  useEffect(() => {
    const parent = box.current;
    if (!parent) return;
    const common = (label: string): Extension[] => [
      basicSetup({ foldGutter: false, highlightActiveLine: false, highlightActiveLineGutter: false }),
      yaml(),
      EditorView.lineWrapping,
      EditorState.readOnly.of(true),
      EditorView.editable.of(false),
      EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
      ...(dark ? [codeDark] : []),
    ];
    const view = sideBySide
      ? new MergeView({ parent, a: { doc: before, extensions: common(old) }, b: { doc: after, extensions: common(young) }, collapseUnchanged: UNCHANGED })
      : new EditorView({ parent, doc: after, extensions: [...common(young), unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: UNCHANGED })] });
    return () => view.destroy();
  }, [before, after, old, young, sideBySide, dark]);
  return <div ref={box} style={{ border: "1px solid var(--ant-color-border)", borderRadius: 8, overflow: "hidden", fontSize: 13 }} />;
}
