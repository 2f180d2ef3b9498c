// Names with values: headers, variables, secrets; and a program with its arguments.
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Input } from "antd";
import { type ReactNode, useState } from "react";
import { useTexts } from "@/app/texts";
import { SecretPicker } from "./Pickers";
import { ACTIONS } from "./texts";

interface Props {
  value: unknown;
  onChange: (value: unknown) => void;
  label: string;
}

type Pair = [string, unknown];

export function KeyValue(props: Props) {
  const t = useTexts(ACTIONS);
  return (
    <Pairs {...props} fresh="">
      {(value, change) =>
        typeof value === "string" ? (
          <Input aria-label={t("pair.value")} className="mono" value={value} onChange={(event) => change(event.target.value)} />
        ) : (
          // Numbers and lists keep their type unless somebody types another.
          <Input aria-label={t("pair.value")} className="mono" value={JSON.stringify(value)} onChange={(event) => change(parsed(event.target.value))} />
        )
      }
    </Pairs>
  );
}

export function SecretMap(props: Props) {
  return <Pairs {...props} fresh="">{(value, change) => <SecretPicker value={typeof value === "string" ? value : ""} onChange={change} invalid={false} />}</Pairs>;
}

interface PairsProps extends Props {
  fresh: unknown;
  children: (value: unknown, change: (value: unknown) => void) => ReactNode;
}

function Pairs({ value, onChange, label, fresh, children }: PairsProps) {
  const t = useTexts(ACTIONS);
  const outside = typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
  // While a name is being typed two may be equal, or one empty: an object could not hold that.
  const [pairs, setPairs] = useState<Pair[]>(() => Object.entries(outside));
  const isSame = JSON.stringify(objectOf(pairs)) === JSON.stringify(outside);
  const shown = isSame ? pairs : Object.entries(outside);
  const put = (after: Pair[]) => {
    setPairs(after);
    onChange(objectOf(after));
  };
  return (
    <div role="group" aria-label={label} style={{ display: "grid", gap: 8 }}>
      {shown.map(([name, each], index) => (
        <div key={index} style={{ display: "flex", flexWrap: "wrap", gap: 8 }}>
          <Input aria-label={t("pair.name")} className="mono" value={name} onChange={(event) => put(shown.map((pair, at) => (at === index ? [event.target.value, pair[1]] : pair)))} style={{ flex: "1 1 140px" }} />
          <div style={{ flex: "2 1 200px", minWidth: 0 }}>{children(each, (after) => put(shown.map((pair, at) => (at === index ? [pair[0], after] : pair))))}</div>
          <Button type="text" icon={<DeleteOutlined />} aria-label={t("pair.remove", { name })} onClick={() => put(shown.filter((_, at) => at !== index))} />
        </div>
      ))}
      <div>
        <Button size="small" icon={<PlusOutlined />} onClick={() => put([...shown, ["", fresh]])}>{t("pair.add")}</Button>
      </div>
    </div>
  );
}

function objectOf(pairs: Pair[]): Record<string, unknown> {
  return Object.fromEntries(pairs.filter(([name]) => name !== ""));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

export function Program({ value, onChange, label }: { value: string[]; onChange: (value: unknown) => void; label: string }) {
  const t = useTexts(ACTIONS);
  const shown = value.length > 0 ? value : [""];
  const put = (after: string[]) => onChange(after.length === 1 && after[0] === "" ? [] : after);
  return (
    <div role="group" aria-label={label} style={{ display: "grid", gap: 8 }}>
      {shown.map((each, index) => (
        <div key={index} style={{ display: "flex", gap: 8 }}>
          <Input
            aria-label={index === 0 ? t("program.first") : t("program.argument", { number: index })}
            className="mono"
            placeholder={index === 0 ? "/usr/bin/df" : "-h"}
            value={each}
            onChange={(event) => put(shown.map((other, at) => (at === index ? event.target.value : other)))}
          />
          {index > 0 ? <Button type="text" icon={<DeleteOutlined />} aria-label={t("program.remove", { number: index })} onClick={() => put(shown.filter((_, at) => at !== index))} /> : null}
        </div>
      ))}
      <div>
        <Button size="small" icon={<PlusOutlined />} onClick={() => put([...shown, ""])}>{t("program.add")}</Button>
      </div>
    </div>
  );
}
