// One field: its label, its control, what it is for, and what is wrong with it, tied together for screen readers.
// `data-pointer` is how the list of problems finds its way here.
import { Typography } from "antd";
import { type CSSProperties, type ReactNode, useId } from "react";
import { type FieldProblem, problemsAt } from "@/api/problem";
import { useTexts } from "@/app/texts";
import { WORDS } from "@/components/texts";
import { useForm } from "./form";

export interface Control {
  id: string;
  "aria-invalid"?: true;
  "aria-describedby"?: string;
  status?: "error";
}

export interface FieldProps {
  /** RFC 6901 pointer into the task. */
  pointer: string;
  label: ReactNode;
  help?: ReactNode;
  required?: boolean;
  style?: CSSProperties;
  children: (control: Control) => ReactNode;
}

export function Field({ pointer, label, help, required, style, children }: FieldProps) {
  const t = useTexts(WORDS);
  const { problems } = useForm();
  const id = useId();
  const found = problemsAt(problems, pointer);
  const described = [help ? `${id}-help` : "", found.length > 0 ? `${id}-problem` : ""].filter(Boolean).join(" ");
  return (
    <div data-pointer={pointer} style={{ marginBlockEnd: 16, minWidth: 0, ...style }}>
      <label htmlFor={id} style={{ display: "block", marginBlockEnd: 4, fontWeight: 500 }}>
        {label}
        {required ? <span style={{ color: "var(--ant-color-text-description)", fontWeight: 400 }}> {t("required")}</span> : null}
      </label>
      {children({ id, ...(found.length > 0 ? { "aria-invalid": true, status: "error" } : {}), ...(described ? { "aria-describedby": described } : {}) })}
      {help ? <Help id={`${id}-help`}>{help}</Help> : null}
      <Problems id={`${id}-problem`} problems={found} />
    </div>
  );
}

export interface GroupProps {
  pointer: string;
  legend: ReactNode;
  help?: ReactNode;
  /** The fields in it show problems of their own; only those of the group itself are shown here. */
  nested?: boolean;
  style?: CSSProperties;
  children: ReactNode;
}

/** Several controls that make up one field. */
export function Group({ pointer, legend, help, nested = false, style, children }: GroupProps) {
  const { problems } = useForm();
  const id = useId();
  const found = nested ? problems.filter((each) => each.pointer === pointer) : problemsAt(problems, pointer);
  return (
    <fieldset data-pointer={pointer} aria-describedby={help ? `${id}-help` : undefined} style={{ marginBlockEnd: 16, ...style }}>
      <legend style={{ padding: 0, marginBlockEnd: 4, fontWeight: 500, fontSize: 14 }}>{legend}</legend>
      {help ? <Help id={`${id}-help`}>{help}</Help> : null}
      {children}
      <Problems id={`${id}-problem`} problems={found} />
    </fieldset>
  );
}

export function Help({ id, children }: { id?: string; children: ReactNode }) {
  return (
    <div id={id} style={{ color: "var(--ant-color-text-description)", marginBlock: 4 }}>
      {children}
    </div>
  );
}

export function Problems({ id, problems }: { id?: string; problems: readonly FieldProblem[] }) {
  if (problems.length === 0) return null;
  return (
    <div id={id} style={{ marginBlockStart: 4 }}>
      {problems.map((each, index) => (
        <Typography.Text key={index} type="danger" className="break" style={{ display: "block" }}>
          {each.detail}
        </Typography.Text>
      ))}
    </div>
  );
}

/** Less common settings, folded away until they are wanted; a jump to a problem opens them. */
export function Advanced({ label, open, children }: { label: string; open?: boolean; children: ReactNode }) {
  return (
    <details {...(open ? { open } : {})} style={{ marginBlockEnd: 16 }}>
      <summary style={{ cursor: "pointer", padding: "4px 0", color: "var(--ant-color-link)" }}>{label}</summary>
      <div style={{ paddingBlockStart: 12 }}>{children}</div>
    </details>
  );
}
