// An instant, entered as what the clocks of a zone show.
import { Button, Input, Space } from "antd";
import { useState } from "react";
import { useTexts } from "@/app/texts";
import { FORM } from "./texts";
import type { Control } from "./Field";
import { instantOf, isKnown, wallOf } from "./zones";

export interface WallTimeProps {
  control: Control;
  zone: string;
  value: string | null;
  onChange: (instant: string | null) => void;
  clearable?: boolean;
}

/** The browser's own field: every keyboard and every phone knows it. */
export function WallTime({ control, zone, value, onChange, clearable = true }: WallTimeProps) {
  const t = useTexts(FORM);
  const known = isKnown(zone) ? zone : "UTC";
  const shown = value ? wallOf(value, known) : "";
  // What somebody types is shown as typed until they leave: half a time is no time yet.
  const [typed, setTyped] = useState<string | null>(null);
  const { status, ...attributes } = control;
  return (
    <Space.Compact style={{ maxWidth: "100%" }}>
      <Input
        {...attributes}
        {...(status ? { status } : {})}
        type="datetime-local"
        step={1}
        value={typed ?? shown ?? ""}
        onBlur={() => setTyped(null)}
        onChange={(event) => {
          const wall = event.target.value;
          setTyped(wall);
          if (wall) onChange(instantOf(wall.length === 16 ? `${wall}:00` : wall, known));
        }}
        style={{ width: 230 }}
      />
      {clearable && value ? <Button onClick={() => onChange(null)}>{t("clear")}</Button> : null}
    </Space.Compact>
  );
}
