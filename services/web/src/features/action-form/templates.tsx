// How fields stand in a form: label, control, help, and what is wrong, each tied to the other for screen readers; what
// most people leave as it is, folded.
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import type { ArrayFieldItemTemplateProps, ArrayFieldTemplateProps, FieldTemplateProps, ObjectFieldTemplateProps, UiSchema } from "@rjsf/utils";
import { Button, Collapse, Form } from "antd";
import type { ReactNode } from "react";
import { problemsAt } from "@/api/problem";
import { useTexts } from "@/app/texts";
import { onceReleased } from "@/components/released";
import { type FormContext, pointerOf } from "./formContext";
import { ACTIONS } from "./texts";
import { isObject } from "./tidy";
import { type Hints, hintsOf } from "./uiSchema";

function FieldTemplate({ id, label, rawDescription = "", fieldPathId, uiSchema, registry, hidden, children }: FieldTemplateProps) {
  const t = useTexts(ACTIONS);
  const hints = hintsOf(uiSchema);
  const isItem = typeof fieldPathId.path.at(-1) === "number";
  if (hidden) return null;
  if (!hints || isItem) return children;
  const { problems, onTouch } = registry.formContext as FormContext;
  const pointer = pointerOf(fieldPathId);
  const isGroup = hints.kind === "object" || hints.kind === "list";
  const own = problemsAt(problems, pointer);
  const fallback = otherwiseText(hints);
  const help = [rawDescription, fallback === null ? "" : t("form.default", { value: fallback })].filter(Boolean).join(" · ");
  return (
    <div data-pointer={pointer} className="break" style={{ minWidth: 0, marginBlockEnd: 16, ...(hints.wide ? { gridColumn: "1 / -1" } : {}) }} {...(isGroup ? {} : { onBlur: () => onceReleased(() => onTouch(pointer)) })}>
      {isGroup ? (
        children
      ) : (
        <Form.Item
          layout="vertical"
          label={label}
          htmlFor={id}
          required={hints.required}
          validateStatus={own.length > 0 ? "error" : ""}
          help={own.length > 0 ? <span>{own[0]?.detail}{help ? <span style={{ color: "var(--ant-color-text-description)" }}> · {help}</span> : null}</span> : help}
          style={{ margin: 0 }}
        >
          {children}
        </Form.Item>
      )}
    </div>
  );
}

function ObjectFieldTemplate({ properties, uiSchema, formData, fieldPathId, registry }: ObjectFieldTemplateProps) {
  const t = useTexts(ACTIONS);
  const { problems } = registry.formContext as FormContext;
  const value = isObject(formData) ? formData : {};
  const pointer = pointerOf(fieldPathId);
  const isAdvanced = ({ name }: { name: string }) => hintsOf(uiSchema?.[name] as UiSchema)?.advanced === true;
  const shown = properties.filter((each) => !each.hidden);
  const more = shown.filter(isAdvanced);
  const set = more.filter((each) => value[each.name] !== undefined && value[each.name] !== null).length;
  const wrong = more.some((each) => problemsAt(problems, `${pointer}/${each.name}`).length > 0);
  return (
    <>
      <Grid>{shown.filter((each) => !isAdvanced(each)).map((each) => each.content)}</Grid>
      {more.length > 0 ? (
        <Collapse
          size="small"
          {...(wrong ? { activeKey: ["more"] } : {})}
          defaultActiveKey={set > 0 ? ["more"] : []}
          items={[{ key: "more", label: set > 0 ? t("form.advancedSet", { count: set }) : t("form.advanced"), children: <Grid>{more.map((each) => each.content)}</Grid> }]}
        />
      ) : null}
    </>
  );
}

function Grid({ children }: { children: ReactNode }) {
  return <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(min(100%, 260px), 1fr))", columnGap: 16 }}>{children}</div>;
}

function ArrayFieldTemplate({ title, schema, items, uiSchema, fieldPathId, registry, onAddClick }: ArrayFieldTemplateProps) {
  const t = useTexts(ACTIONS);
  const { problems } = registry.formContext as FormContext;
  const most = hintsOf(uiSchema)?.maxItems ?? Infinity;
  const pointer = pointerOf(fieldPathId);
  const own = problems.find((each) => each.pointer === pointer);
  return (
    <fieldset>
      <legend style={{ padding: 0 }}>{title}</legend>
      <div style={{ color: "var(--ant-color-text-description)", marginBlockEnd: 8 }}>{schema.description}</div>
      {own ? <div role="alert" style={{ color: "var(--ant-color-error)" }}>{own.detail}</div> : null}
      <div style={{ display: "grid", gap: 8 }}>
        {items}
        <div>
          <Button size="small" icon={<PlusOutlined />} disabled={items.length >= most} onClick={onAddClick}>{t("list.add")}</Button>
        </div>
      </div>
    </fieldset>
  );
}

function ArrayFieldItemTemplate({ index, children, buttonsProps }: ArrayFieldItemTemplateProps) {
  const t = useTexts(ACTIONS);
  const number = index + 1;
  return (
    <div role="group" aria-label={t("list.number", { number })} style={{ border: "1px solid var(--ant-color-border-secondary)", borderRadius: 8, padding: 12, display: "flex", gap: 8, alignItems: "flex-start" }}>
      <div style={{ flex: 1, minWidth: 0 }}>{children}</div>
      <Button type="text" icon={<DeleteOutlined />} aria-label={t("list.remove", { number })} onClick={buttonsProps.onRemoveItem} />
    </div>
  );
}

/** What holds if the field is left empty, in words. */
function otherwiseText({ otherwise, kind, choices }: Hints): string | null {
  if (otherwise === undefined || otherwise === null || otherwise === "" || kind === "boolean") return null;
  if (Array.isArray(otherwise)) return otherwise.length > 0 ? otherwise.join(", ") : null;
  if (typeof otherwise === "object") return null;
  return choices.find((each) => each.value === String(otherwise))?.label ?? String(otherwise);
}

export const TEMPLATES = { FieldTemplate, ObjectFieldTemplate, ArrayFieldTemplate, ArrayFieldItemTemplate };
