// A form of react-jsonschema-form in Ant Design's theme, with our widgets, fields and templates. It is no <form>: it stands
// inside one, and whoever shows it saves.
//
//   <SchemaForm form={drawn(schema)} value={value} onChange={setValue} problems={problems} onTouch={touch} />
import { type ComponentProps, useId, useMemo } from "react";
import type { FieldProblem } from "@/api/problem";
import type { FormContext } from "./formContext";
import { Form } from "./rjsf";
import { tidied, type Value } from "./tidy";
import type { Drawn } from "./uiSchema";
import { VALIDATOR } from "./validator";

interface Props {
  form: Drawn;
  value: Value;
  onChange: (value: Value) => void;
  problems: FieldProblem[];
  onTouch: (pointer: string) => void;
}

/** Nothing is filled in that nobody has typed. */
const AS_GIVEN: ComponentProps<typeof Form>["experimental_defaultFormStateBehavior"] = {
  emptyObjectFields: "skipDefaults",
  constAsDefaults: "never",
  arrayMinItems: { populate: "never" },
};

export function SchemaForm({ form, value, onChange, problems, onTouch }: Props) {
  const id = useId();
  const uiSchema = useMemo(() => ({ ...form.uiSchema, "ui:submitButtonOptions": { norender: true } }), [form]);
  const context: FormContext = { problems, onTouch };
  return (
    <Form
      tagName="div"
      idPrefix={id}
      schema={form.schema}
      uiSchema={uiSchema}
      validator={VALIDATOR}
      formData={value}
      formContext={context}
      onChange={(event) => onChange(tidied(value, event.formData as Value, form.uiSchema))}
      experimental_defaultFormStateBehavior={AS_GIVEN}
      // What is wrong comes from the server, and from our own check of fields that somebody has been at.
      liveValidate={false}
      showErrorList={false}
      noHtml5Validate
    />
  );
}
