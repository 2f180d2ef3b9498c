// Which parameters of the action come out of the event, with what the latest event would make of them.
import { DeleteOutlined, PlusOutlined, ThunderboltOutlined } from "@ant-design/icons";
import { AutoComplete, Button, Dropdown, Input, Space } from "antd";
import { type FieldProblem, problemsAt } from "@/api/problem";
import { useTexts } from "@/app/texts";
import { type Config, changed, objectOf } from "./config";
import { filled } from "./paths";
import { TRIGGER } from "./texts";
import type { FieldSeen, TriedEvent } from "./useEvents";

export interface Parameter {
  name: string;
  title: string;
}

interface Props {
  value: Config;
  onChange: (value: Config) => void;
  problems: FieldProblem[];
  fields: FieldSeen[];
  latest: TriedEvent | undefined;
  parameters: Parameter[];
}

const ATTRIBUTES = ["event.id", "event.source", "event.type", "event.time", "event.subject", "event.data"];

export function MapFields({ value, onChange, problems, fields, latest, parameters }: Props) {
  const t = useTexts(TRIGGER);
  const map = objectOf(value, "map") ?? {};
  const entries = Object.entries(map);
  const put = (after: [string, unknown][]) => onChange(changed(value, { map: after.length > 0 ? Object.fromEntries(after) : null }));
  const free = parameters.find((each) => !(each.name in map))?.name ?? (entries.some(([name]) => name === "") ? `p${entries.length}` : "");
  const suggestion = fields.find((each) => each.path)?.path;
  return (
    <div style={{ display: "grid", gap: 8 }}>
      {entries.map(([name, template], index) => {
        const found = problemsAt(problems, `/map/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`);
        return (
          <div key={index}>
            <div style={{ display: "flex", flexWrap: "wrap", gap: 8 }}>
              <AutoComplete
                aria-label={t("map.parameter")}
                value={name}
                onChange={(text: string) => put(entries.map((each, at) => (at === index ? [text, each[1]] : each)))}
                options={parameters.map((each) => ({ value: each.name, label: `${each.title} (${each.name})` }))}
                popupMatchSelectWidth={280}
                style={{ flex: "1 1 160px" }}
              />
              {typeof template === "string" ? (
                <Space.Compact style={{ flex: "2 1 240px", display: "flex" }}>
                  <Input
                    aria-label={t("map.value")}
                    className="mono"
                    status={found.length > 0 ? "error" : ""}
                    value={template}
                    onChange={(event) => put(entries.map((each, at) => (at === index ? [each[0], event.target.value] : each)))}
                  />
                  <VariableButton fields={fields} onPick={(text) => put(entries.map((each, at) => (at === index ? [each[0], text] : each)))} />
                </Space.Compact>
              ) : (
                <span style={{ flex: "2 1 240px" }}>{t("map.json", { name })}</span>
              )}
              <Button type="text" icon={<DeleteOutlined />} aria-label={t("map.remove")} onClick={() => put(entries.filter((_, at) => at !== index))} />
            </div>
            {found[0] ? <div style={{ color: "var(--ant-color-error)" }}>{found[0].detail}</div> : <Example template={template} latest={latest} />}
          </div>
        );
      })}
      <div>
        <Button size="small" icon={<PlusOutlined />} onClick={() => put([...entries, [free, suggestion ? `{{ event.${suggestion} }}` : "{{ event.data }}"]])}>{t("map.add")}</Button>
      </div>
    </div>
  );
}

function Example({ template, latest }: { template: unknown; latest: TriedEvent | undefined }) {
  const t = useTexts(TRIGGER);
  if (!latest) return null;
  const value = filled(template, { ...latest });
  return (
    <div className="break" style={{ color: "var(--ant-color-text-description)" }}>
      {t("map.now", { value: value === undefined ? "–" : JSON.stringify(value).slice(0, 160) })}
    </div>
  );
}

function VariableButton({ fields, onPick }: { fields: FieldSeen[]; onPick: (text: string) => void }) {
  const t = useTexts(TRIGGER);
  const items = [
    ...fields.flatMap((each) => (each.path ? [{ path: `event.${each.path}`, sample: each.samples[0] }] : [])),
    ...ATTRIBUTES.map((path) => ({ path, sample: undefined })),
  ].map(({ path, sample }) => ({
    key: path,
    label: (
      <span style={{ display: "flex", gap: 16 }}>
        <span className="mono" style={{ flex: 1 }}>{path}</span>
        {sample === undefined ? null : <span style={{ color: "var(--ant-color-text-description)" }}>{t("sample", { value: JSON.stringify(sample).slice(0, 40) })}</span>}
      </span>
    ),
  }));
  return (
    <Dropdown trigger={["click"]} menu={{ items, onClick: ({ key }) => onPick(`{{ ${key} }}`), style: { maxHeight: 320, overflow: "auto" } }}>
      <Button icon={<ThunderboltOutlined />} aria-label={t("map.pick")} />
    </Dropdown>
  );
}
