// Clauses in groups: all of a group must hold, and one group suffices.
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { AutoComplete, Button, Input, InputNumber, Select, Space, Tag } from "antd";
import { useTexts } from "@/app/texts";
import { type Clause, type Group, OPERATORS, type Operator, type Scalar } from "./condition";
import { TRIGGER } from "./texts";
import type { FieldSeen } from "./useEvents";

interface Props {
  groups: Group[];
  fields: FieldSeen[];
  onChange: (groups: Group[]) => void;
}

const EMPTY: Clause = { field: "", operator: "==", negated: false, value: "" };
const NEGATABLE: ReadonlySet<Operator> = new Set(["contains", "startsWith", "endsWith", "matches", "in", "exists"]);

export function ConditionBuilder({ groups, fields, onChange }: Props) {
  const t = useTexts(TRIGGER);
  const first = fields[0];
  const fresh = (): Clause => (first ? { ...EMPTY, field: first.expression, value: valueLike(first.samples[0]) } : { ...EMPTY, field: "status" });
  const setGroup = (index: number, group: Group) => onChange(groups.map((each, at) => (at === index ? group : each)).filter((each) => each.length > 0));
  if (groups.length === 0) {
    return (
      <Space wrap>
        <span style={{ color: "var(--ant-color-text-description)" }}>{t("clause.none")}</span>
        <Button icon={<PlusOutlined />} onClick={() => onChange([[fresh()]])}>{t("clause.add")}</Button>
      </Space>
    );
  }
  return (
    <div style={{ display: "grid", gap: 8 }}>
      {groups.map((group, index) => (
        <div key={index} role="group" aria-label={t("group.all")}>
          {index > 0 ? <Tag style={{ marginBlockEnd: 8 }}>{t("group.or")}</Tag> : null}
          <div style={{ display: "grid", gap: 8, padding: 12, borderRadius: 8, border: "1px solid var(--ant-color-border-secondary)" }}>
            {group.map((clause, at) => (
              <ClauseRow
                key={at}
                clause={clause}
                fields={fields}
                joined={at > 0}
                onChange={(after) => setGroup(index, group.map((each, place) => (place === at ? after : each)))}
                onRemove={() => setGroup(index, group.filter((_, place) => place !== at))}
              />
            ))}
            <div>
              <Button size="small" type="text" icon={<PlusOutlined />} onClick={() => setGroup(index, [...group, fresh()])}>{t("clause.add")}</Button>
            </div>
          </div>
        </div>
      ))}
      <div>
        <Button size="small" type="dashed" icon={<PlusOutlined />} onClick={() => onChange([...groups, [fresh()]])}>{t("group.add")}</Button>
      </div>
    </div>
  );
}

interface RowProps {
  clause: Clause;
  fields: FieldSeen[];
  joined: boolean;
  onChange: (clause: Clause) => void;
  onRemove: () => void;
}

function ClauseRow({ clause, fields, joined, onChange, onRemove }: RowProps) {
  const t = useTexts(TRIGGER);
  const seen = fields.find((each) => each.expression === clause.field);
  const chosen = `${clause.negated && NEGATABLE.has(clause.operator) ? "!" : ""}${clause.operator}`;
  const operators = OPERATORS.flatMap((operator) => (NEGATABLE.has(operator) ? [operator, `!${operator}`] : [operator]));
  const setOperator = (word: string) => {
    const operator = word.replace(/^!(?!=)/, "") as Operator;
    onChange({ ...clause, operator, negated: word !== operator, value: valueFor(operator, clause.value) });
  };
  return (
    <div style={{ display: "flex", flexWrap: "wrap", gap: 8, alignItems: "center" }}>
      {joined ? <span style={{ color: "var(--ant-color-text-description)", minWidth: 24 }}>{t("group.and")}</span> : null}
      <AutoComplete
        aria-label={t("clause.field")}
        value={clause.field}
        onChange={(field: string) => onChange({ ...clause, field: field.trim() })}
        onSelect={(field: string) => onChange({ ...clause, field, value: valueFor(clause.operator, valueLike(fields.find((each) => each.expression === field)?.samples[0])) })}
        options={fields.map((each) => ({ value: each.expression, label: <FieldOption field={each} /> }))}
        popupMatchSelectWidth={320}
        style={{ flex: "1 1 160px", minWidth: 0 }}
        className="mono"
      />
      <Select
        aria-label={t("clause.operator")}
        value={chosen}
        onChange={setOperator}
        options={operators.map((each) => ({ value: each, label: t(`op.${each}` as "op.==") }))}
        popupMatchSelectWidth={false}
        style={{ flex: "0 1 150px", minWidth: 120 }}
      />
      {clause.operator === "exists" ? <span style={{ flex: "2 1 180px" }} /> : (
        <ValueInput operator={clause.operator} value={clause.value} samples={seen?.samples ?? []} onChange={(value) => onChange({ ...clause, value })} />
      )}
      <Button type="text" icon={<DeleteOutlined />} aria-label={t("clause.remove")} onClick={onRemove} />
    </div>
  );
}

function FieldOption({ field }: { field: FieldSeen }) {
  const sample = field.samples[0];
  return (
    <span style={{ display: "flex", gap: 8 }}>
      <span className="mono break" style={{ flex: 1 }}>{field.expression}</span>
      <span className="break" style={{ color: "var(--ant-color-text-description)", maxWidth: 140, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
        {sample === undefined ? field.types[0] : JSON.stringify(sample)}
      </span>
    </span>
  );
}

interface ValueProps {
  operator: Operator;
  value: Scalar | Scalar[];
  samples: unknown[];
  onChange: (value: Scalar | Scalar[]) => void;
}

function ValueInput({ operator, value, samples, onChange }: ValueProps) {
  const t = useTexts(TRIGGER);
  const label = t("clause.value");
  const grow = { flex: "2 1 180px", minWidth: 0 };
  if (operator === "in") {
    const list = Array.isArray(value) ? value : [];
    return (
      <Select
        aria-label={label}
        mode="tags"
        value={list.map((each) => (typeof each === "string" ? each : JSON.stringify(each)))}
        onChange={(texts: string[]) => onChange(texts.map((each) => read(each, list)))}
        options={samples.map((each) => ({ value: String(each) }))}
        style={grow}
      />
    );
  }
  const isText = operator === "contains" || operator === "startsWith" || operator === "endsWith" || operator === "matches";
  const kind = isText ? "text" : kindOf(value);
  const convert = (to: string) => onChange(to === "number" ? Number(value) || 0 : to === "boolean" ? true : to === "null" ? null : String(value ?? ""));
  return (
    <Space.Compact style={{ ...grow, display: "flex" }}>
      {isText ? null : (
        <Select
          aria-label={t("kind.label")}
          value={kind}
          onChange={convert}
          options={(["text", "number", "boolean", "null"] as const).map((each) => ({ value: each, label: t(`kind.${each}`) }))}
          popupMatchSelectWidth={false}
          style={{ width: 96 }}
        />
      )}
      {kind === "null" ? null : kind === "number" ? (
        <InputNumber aria-label={label} value={typeof value === "number" ? value : 0} onChange={(number) => onChange(number ?? 0)} style={{ flex: 1, minWidth: 0 }} />
      ) : kind === "boolean" ? (
        <Select
          aria-label={label}
          value={String(value)}
          onChange={(word) => onChange(word === "true")}
          options={[{ value: "true", label: "true" }, { value: "false", label: "false" }]}
          style={{ flex: 1 }}
        />
      ) : samples.some((each) => typeof each === "string") ? (
        <AutoComplete
          aria-label={label}
          value={String(value ?? "")}
          onChange={(text: string) => onChange(text)}
          options={samples.filter((each): each is string => typeof each === "string").map((each) => ({ value: each }))}
          style={{ flex: 1, minWidth: 0 }}
        />
      ) : (
        <Input aria-label={label} value={String(value ?? "")} onChange={(event) => onChange(event.target.value)} style={{ flex: 1, minWidth: 0 }} />
      )}
    </Space.Compact>
  );
}

/** A text of the list keeps the type that it had, or that it looks like if the others are numbers. */
function read(text: string, list: Scalar[]): Scalar {
  const known = list.find((each) => typeof each !== "string" && JSON.stringify(each) === text);
  if (known !== undefined) return known;
  const numeric = list.length > 0 && list.every((each) => typeof each === "number");
  return numeric && Number.isFinite(Number(text)) ? Number(text) : text;
}

function kindOf(value: Scalar | Scalar[]): "text" | "number" | "boolean" | "null" {
  if (value === null) return "null";
  return typeof value === "number" ? "number" : typeof value === "boolean" ? "boolean" : "text";
}

function valueLike(sample: unknown): Scalar {
  return typeof sample === "number" || typeof sample === "boolean" || typeof sample === "string" ? sample : "";
}

function valueFor(operator: Operator, value: Scalar | Scalar[]): Scalar | Scalar[] {
  if (operator === "exists") return null;
  if (operator === "in") return Array.isArray(value) ? value : value === "" || value === null ? [] : [value];
  const one = Array.isArray(value) ? (value[0] ?? "") : (value ?? "");
  return operator === "contains" || operator === "startsWith" || operator === "endsWith" || operator === "matches" ? String(one) : one;
}
