// A text field that grows with its text. Ant Design's own `autoSize` measures with a style attribute, which the content
// security policy refuses; browsers that do not know `field-sizing` show the rows.
import { Input } from "antd";
import type { ComponentProps } from "react";

type Props = Omit<ComponentProps<typeof Input.TextArea>, "autoSize"> & { most?: number };

export function GrowingText({ rows = 1, most = 8, style, ...rest }: Props) {
  // `fieldSizing` is newer than the types of CSS that React knows.
  const growing = { fieldSizing: "content", minHeight: `${rows * 1.6 + 0.7}em`, maxHeight: `${most * 1.6 + 0.7}em`, ...style } as React.CSSProperties;
  return <Input.TextArea {...rest} rows={rows} style={growing} />;
}
