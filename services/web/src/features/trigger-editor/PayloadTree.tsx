// The data of an event, to read; with `onPick`, a click on a field hands over its name and value.
import { Button, Tooltip } from "antd";
import { useTexts } from "@/app/texts";
import { expressionOf } from "./paths";
import { TRIGGER } from "./texts";

interface Props {
  data: unknown;
  onPick?: (expression: string, value: unknown) => void;
}

const MOST_ITEMS = 50;

export function PayloadTree({ data, onPick }: Props) {
  return (
    <div className="mono" style={{ padding: 12, borderRadius: 8, background: "var(--ant-color-fill-quaternary)", overflow: "auto", maxHeight: 320 }} tabIndex={0}>
      <Node value={data} path={[]} {...(onPick ? { onPick } : {})} />
    </div>
  );
}

function Node({ value, path, onPick }: { value: unknown; path: string[]; onPick?: Props["onPick"] }) {
  if (Array.isArray(value)) return <Leaf value={value} path={path} {...(onPick ? { onPick } : {})} />;
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0) return <Leaf value={value} path={path} {...(onPick ? { onPick } : {})} />;
  const entries = Object.entries(value);
  return (
    <ul style={{ listStyle: "none", margin: 0, paddingInlineStart: path.length > 0 ? 16 : 0 }}>
      {entries.slice(0, MOST_ITEMS).map(([name, below]) => {
        const isBranch = typeof below === "object" && below !== null && !Array.isArray(below) && Object.keys(below).length > 0;
        return (
          <li key={name} className="break">
            {isBranch ? <span style={{ color: "var(--ant-color-text-description)" }}>{name}:</span> : null}
            <Node value={below} path={[...path, name]} {...(onPick ? { onPick } : {})} />
          </li>
        );
      })}
      {entries.length > MOST_ITEMS ? <li>…</li> : null}
    </ul>
  );
}

function Leaf({ value, path, onPick }: { value: unknown; path: string[]; onPick?: Props["onPick"] }) {
  const t = useTexts(TRIGGER);
  const name = path.at(-1);
  const text = JSON.stringify(value) ?? "null";
  const shown = (
    <>
      {name === undefined ? null : <span style={{ color: "var(--ant-color-text-description)" }}>{name}: </span>}
      <span>{text.length > 200 ? `${text.slice(0, 200)}…` : text}</span>
    </>
  );
  if (!onPick || name === undefined) return <span className="break">{shown}</span>;
  const field = expressionOf(path);
  return (
    <Tooltip title={t("add.field", { field })}>
      <Button
        type="text"
        size="small"
        className="mono break"
        onClick={() => onPick(field, value)}
        style={{ height: "auto", minHeight: 24, padding: "1px 6px", whiteSpace: "normal", textAlign: "start" }}
      >
        {shown}
        <span className="visually-hidden"> {t("add.field", { field })}</span>
      </Button>
    </Tooltip>
  );
}
