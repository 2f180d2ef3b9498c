// A value as JSON, to read and copy.
import { CopyButton } from "./Command";

export function Json({ value, maxHeight = 360 }: { value: unknown; maxHeight?: number }) {
  const text = JSON.stringify(value, null, 2) ?? "null";
  return (
    <div style={{ position: "relative" }}>
      <pre className="pre mono" tabIndex={0} style={{ margin: 0, padding: 12, maxHeight, overflow: "auto", borderRadius: 8, background: "var(--ant-color-fill-quaternary)" }}>
        {text}
      </pre>
      <span style={{ position: "absolute", insetInlineEnd: 8, insetBlockStart: 8 }}>
        <CopyButton text={text} />
      </span>
    </div>
  );
}
