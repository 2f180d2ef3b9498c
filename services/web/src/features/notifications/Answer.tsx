// What the other side said: its beginning, the rest on demand.
import { Typography } from "antd";

export function Answer({ text, good }: { text: string | null; good: boolean }) {
  if (!text) return null;
  return (
    <Typography.Paragraph
      className="break"
      ellipsis={{ rows: 2, expandable: "collapsible" }}
      style={{ margin: 0, maxWidth: 360, color: good ? "var(--ant-color-text-description)" : "var(--ant-color-error)" }}
    >
      {text}
    </Typography.Paragraph>
  );
}
