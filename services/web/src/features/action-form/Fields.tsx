// The fields of a form: label, control, help, and what is wrong, each tied to the other for screen readers.
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Collapse, Form, Switch } from "antd";
import { useId } from "react";
import { type FieldProblem, problemsAt } from "@/api/problem";
import { useTexts } from "@/app/texts";
import { Control } from "./Control";
import { beginning, type Spec, withField } from "./spec";
import { ACTIONS } from "./texts";

type Value = Record<string, unknown>;

export interface FieldsProps {
  specs: Spec[];
  value: Value;
  onChange: (value: Value) => void;
  problems: FieldProblem[];
  pointer: string;
  onTouch: (pointer: string) => void;
}

export function Fields(props: FieldsProps) {
  const t = useTexts(ACTIONS);
  const usual = props.specs.filter((each) => !each.advanced);
  const more = props.specs.filter((each) => each.advanced);
  const set = more.filter((each) => props.value[each.name] !== undefined && props.value[each.name] !== null).length;
  const wrong = more.some((each) => problemsAt(props.problems, `${props.pointer}/${each.name}`).length > 0);
  return (
    <>
      <Grid {...props} specs={usual} />
      {more.length > 0 ? (
        <Collapse
          size="small"
          {...(wrong ? { activeKey: ["more"] } : {})}
          defaultActiveKey={set > 0 ? ["more"] : []}
          items={[{ key: "more", label: set > 0 ? t("form.advancedSet", { count: set }) : t("form.advanced"), children: <Grid {...props} specs={more} /> }]}
        />
      ) : null}
    </>
  );
}

/** What needs room takes a row of its own. */
const WIDE: ReadonlySet<Spec["kind"]> = new Set(["json", "sql", "textarea", "key-value", "secrets", "object", "list", "program", "condition", "texts", "accounts", "alert-rules"]);

function Grid({ specs, value, onChange, problems, pointer, onTouch }: FieldsProps) {
  return (
    <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(min(100%, 260px), 1fr))", columnGap: 16 }}>
      {specs.map((spec) => {
        const here = `${pointer}/${spec.name}`;
        return (
          <div key={spec.name} data-pointer={here} style={{ minWidth: 0, marginBlockEnd: 16, ...(WIDE.has(spec.kind) || spec.maxLength === 2_048 ? { gridColumn: "1 / -1" } : {}) }} {...(spec.kind === "object" || spec.kind === "list" ? {} : { onBlur: () => onTouch(here) })}>
            <Field spec={spec} value={value[spec.name]} onChange={(field) => onChange(withField(value, spec, field))} problems={problems} pointer={here} onTouch={onTouch} />
          </div>
        );
      })}
    </div>
  );
}

interface FieldProps {
  spec: Spec;
  value: unknown;
  onChange: (value: unknown) => void;
  problems: FieldProblem[];
  pointer: string;
  onTouch: (pointer: string) => void;
}

function Field(props: FieldProps) {
  const { spec } = props;
  if (spec.kind === "object") return <ObjectField {...props} />;
  if (spec.kind === "list") return <ListField {...props} />;
  return <PlainField {...props} />;
}

function PlainField({ spec, value, onChange, problems, pointer }: FieldProps) {
  const t = useTexts(ACTIONS);
  const id = useId();
  const own = problemsAt(problems, pointer);
  const shown = defaultText(spec);
  const help = [spec.help, shown === null ? "" : t("form.default", { value: shown })].filter(Boolean).join(" · ");
  return (
    <Form.Item
      layout="vertical"
      label={spec.title}
      htmlFor={id}
      required={spec.required}
      validateStatus={own.length > 0 ? "error" : ""}
      help={own.length > 0 ? <span>{own[0]?.detail}{help ? <span style={{ color: "var(--ant-color-text-description)" }}> · {help}</span> : null}</span> : help}
      style={{ margin: 0 }}
    >
      <Control id={id} spec={spec} value={value} onChange={onChange} invalid={own.length > 0} problems={own} pointer={pointer} />
    </Form.Item>
  );
}

function ObjectField({ spec, value, onChange, problems, pointer, onTouch }: FieldProps) {
  const t = useTexts(ACTIONS);
  const own = problems.filter((each) => each.pointer === pointer);
  const inner = typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Value) : null;
  const on = inner !== null || !spec.nullable;
  return (
    <fieldset style={{ border: "1px solid var(--ant-color-border-secondary)", borderRadius: 8, padding: 12 }}>
      <legend className="visually-hidden">{spec.title}</legend>
      <div style={{ display: "flex", gap: 8, alignItems: "center", flexWrap: "wrap", marginBlockEnd: on ? 12 : 0 }}>
        {spec.nullable ? (
          <Switch size="small" checked={on} aria-label={t("form.use", { name: spec.title })} onChange={(checked) => onChange(checked ? beginning(spec) : null)} />
        ) : null}
        <strong aria-hidden>{spec.title}</strong>
        <span style={{ color: "var(--ant-color-text-description)" }}>{spec.help}</span>
      </div>
      {own[0] ? <div role="alert" style={{ color: "var(--ant-color-error)" }}>{own[0].detail}</div> : null}
      {on ? <Fields specs={spec.fields} value={inner ?? defaultObject(spec)} onChange={onChange} problems={problems} pointer={pointer} onTouch={onTouch} /> : null}
    </fieldset>
  );
}

function ListField({ spec, value, onChange, problems, pointer, onTouch }: FieldProps) {
  const t = useTexts(ACTIONS);
  const items = Array.isArray(value) ? (value as Value[]) : [];
  const own = problems.filter((each) => each.pointer === pointer);
  const item = spec.item;
  if (!item) return null;
  return (
    <fieldset>
      <legend style={{ padding: 0 }}>{spec.title}</legend>
      <div style={{ color: "var(--ant-color-text-description)", marginBlockEnd: 8 }}>{spec.help}</div>
      {own[0] ? <div role="alert" style={{ color: "var(--ant-color-error)" }}>{own[0].detail}</div> : null}
      <div style={{ display: "grid", gap: 8 }}>
        {items.map((each, index) => (
          <div key={index} role="group" aria-label={t("list.number", { number: index + 1 })} style={{ border: "1px solid var(--ant-color-border-secondary)", borderRadius: 8, padding: 12, display: "flex", gap: 8, alignItems: "flex-start" }}>
            <div style={{ flex: 1, minWidth: 0 }}>
              <Fields specs={item.fields} value={each} onChange={(after) => onChange(items.map((other, at) => (at === index ? after : other)))} problems={problems} pointer={`${pointer}/${index}`} onTouch={onTouch} />
            </div>
            <Button type="text" icon={<DeleteOutlined />} aria-label={t("list.remove", { number: index + 1 })} onClick={() => onChange(items.filter((_, at) => at !== index))} />
          </div>
        ))}
        <div>
          <Button size="small" icon={<PlusOutlined />} disabled={spec.maxItems !== null && items.length >= spec.maxItems} onClick={() => onChange([...items, beginning(item)])}>{t("list.add")}</Button>
        </div>
      </div>
    </fieldset>
  );
}

/** What stands in an object that nobody has touched. */
function defaultObject(spec: Spec): Value {
  return typeof spec.default === "object" && spec.default !== null && !Array.isArray(spec.default) ? (spec.default as Value) : {};
}

function defaultText(spec: Spec): string | null {
  const value = spec.default;
  if (value === undefined || value === null || value === "" || spec.kind === "boolean") return null;
  if (Array.isArray(value)) return value.length > 0 ? value.join(", ") : null;
  if (typeof value === "object") return null;
  return spec.choices.find((each) => each.value === String(value))?.label ?? String(value);
}
