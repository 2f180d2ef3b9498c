// Fields that no widget of rjsf's could be: objects that can be switched off, lists of objects, pairs, JSON.
import type { FieldProps, RegistryFieldsType } from "@rjsf/utils";
import { AutoComplete, Switch } from "antd";
import { useTexts } from "@/app/texts";
import { type FormContext, pointerOf } from "./formContext";
import { JsonValueEditor } from "./JsonEditor";
import { KeyValue, SecretMap } from "./Pairs";
import { ACTIONS } from "./texts";
import { beginning, isObject, standing, type Value } from "./tidy";
import { hintsOf } from "./uiSchema";
import { codeOf, fallbackOf } from "./widgets";

function ObjectField(props: FieldProps) {
  const { schema, uiSchema, formData, fieldPathId, onChange, registry } = props;
  const t = useTexts(ACTIONS);
  const { ObjectField: Inner } = registry.fields;
  const hints = hintsOf(uiSchema);
  const { path } = fieldPathId;
  const title = schema.title ?? "";
  if (!Inner) return null;
  if (typeof path.at(-1) === "number") return <Inner {...props} formData={isObject(formData) ? formData : {}} />;
  const pointer = pointerOf(fieldPathId);
  const own = (registry.formContext as FormContext).problems.find((each) => each.pointer === pointer);
  const inner = isObject(formData) ? formData : null;
  const on = inner !== null || hints?.nullable !== true;
  // The first change of an object that nobody has touched takes along what stood in it.
  const begin: FieldProps["onChange"] = (field, at, errors, id) => {
    if (inner !== null || at.length !== path.length + 1) onChange(field, at, errors, id);
    else onChange({ ...standing(hints), [String(at.at(-1))]: field as unknown }, path, undefined, id);
  };
  return (
    <fieldset style={{ border: "1px solid var(--ant-color-border-secondary)", borderRadius: 8, padding: 12 }}>
      <legend className="visually-hidden">{title}</legend>
      <div style={{ display: "flex", gap: 8, alignItems: "center", flexWrap: "wrap", marginBlockEnd: on ? 12 : 0 }}>
        {hints?.nullable ? (
          <Switch size="small" checked={on} aria-label={t("form.use", { name: title })} onChange={(checked) => onChange(checked ? beginning(uiSchema ?? {}) : null, path)} />
        ) : null}
        <strong aria-hidden>{title}</strong>
        <span style={{ color: "var(--ant-color-text-description)" }}>{schema.description}</span>
      </div>
      {own ? <div role="alert" style={{ color: "var(--ant-color-error)" }}>{own.detail}</div> : null}
      {on ? <Inner {...props} formData={inner ?? (standing(hints) satisfies Value)} onChange={begin} /> : null}
    </fieldset>
  );
}

function ListField(props: FieldProps) {
  const { ArrayField } = props.registry.fields;
  return ArrayField ? <ArrayField {...props} formData={Array.isArray(props.formData) ? (props.formData as unknown[]) : []} /> : null;
}

function JsonField({ schema, formData, fieldPathId, onChange }: FieldProps) {
  return <JsonValueEditor value={formData as unknown} onChange={(value) => onChange(value, fieldPathId.path)} label={schema.title ?? ""} />;
}

function KeyValueField({ schema, formData, fieldPathId, onChange }: FieldProps) {
  return <KeyValue value={formData} onChange={(value) => onChange(value, fieldPathId.path)} label={schema.title ?? ""} />;
}

function SecretsField({ schema, formData, fieldPathId, onChange }: FieldProps) {
  return <SecretMap value={formData} onChange={(value) => onChange(value, fieldPathId.path)} label={schema.title ?? ""} />;
}

/** A number or a text. */
function EitherField({ uiSchema, formData, fieldPathId, onChange }: FieldProps) {
  const value = formData as unknown;
  const otherwise = hintsOf(uiSchema)?.otherwise;
  return (
    <AutoComplete
      id={fieldPathId.$id}
      value={value === undefined || value === null ? "" : String(value)}
      placeholder={fallbackOf(hintsOf(uiSchema))}
      options={typeof otherwise === "string" ? [{ value: otherwise }] : []}
      onChange={(word: string) => onChange(codeOf(word), fieldPathId.path)}
      allowClear
    />
  );
}

/** By the kinds of `kinds.ts`. */
export const FIELDS: RegistryFieldsType = { object: ObjectField, list: ListField, json: JsonField, "key-value": KeyValueField, secrets: SecretsField, either: EitherField };
