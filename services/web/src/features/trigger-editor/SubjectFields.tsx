// Which events reach the condition: a subject and a type, chosen from those that came lately or typed.
import { AutoComplete, Form } from "antd";
import type { FieldProblem } from "@/api/problem";
import { problemsAt } from "@/api/problem";
import { useTexts } from "@/app/texts";
import { type Config, changed, textOf } from "./config";
import { TRIGGER } from "./texts";
import type { Kinds } from "./useEvents";

interface Props {
  value: Config;
  onChange: (value: Config) => void;
  problems: FieldProblem[];
  kinds: Kinds | undefined;
}

export function SubjectFields({ value, onChange, problems, kinds }: Props) {
  const t = useTexts(TRIGGER);
  return (
    <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 240px), 1fr))", gap: 16 }}>
      <NamePicker
        id="trigger-subject"
        label={t("subject")}
        help={t("subject.help")}
        placeholder="event.shop.order"
        problems={problemsAt(problems, "/subject")}
        names={subjectsWithFamilies(kinds)}
        value={textOf(value, "subject")}
        onChange={(subject) => onChange(changed(value, { subject }))}
      />
      <NamePicker
        id="trigger-type"
        label={t("type")}
        help={t("type.help")}
        placeholder="order.paid"
        problems={problemsAt(problems, "/type")}
        names={kinds?.types ?? []}
        value={textOf(value, "type")}
        onChange={(type) => onChange(changed(value, { type }))}
      />
    </div>
  );
}

interface NamePickerProps {
  id: string;
  label: string;
  help: string;
  placeholder: string;
  problems: FieldProblem[];
  names: { name: string; count: number }[];
  value: string;
  onChange: (value: string) => void;
}

export function NamePicker({ id, label, help, placeholder, problems, names, value, onChange }: NamePickerProps) {
  const t = useTexts(TRIGGER);
  const options = names.map(({ name, count }) => ({
    value: name,
    label: (
      <span style={{ display: "flex", gap: 8 }}>
        <span className="mono break" style={{ flex: 1 }}>{name}</span>
        <span className="tabular" style={{ color: "var(--ant-color-text-description)" }}>{t("count.events", { count })}</span>
      </span>
    ),
  }));
  return (
    <Form.Item
      label={label}
      htmlFor={id}
      layout="vertical"
      validateStatus={problems.length > 0 ? "error" : ""}
      help={problems[0]?.detail ?? help}
      style={{ margin: 0 }}
    >
      <AutoComplete
        id={id}
        value={value}
        onChange={(text: string) => onChange(text)}
        options={options}
        showSearch={{ filterOption: (input, option) => (option?.value ?? "").toLowerCase().includes(input.toLowerCase()) }}
        placeholder={placeholder}
        allowClear
        popupMatchSelectWidth={360}
        notFoundContent={names.length === 0 ? t("pick.empty") : null}
      />
    </Form.Item>
  );
}

/** Every subject that came, and before them what covers all of a source. */
export function subjectsWithFamilies(kinds: Kinds | undefined): { name: string; count: number }[] {
  const subjects = kinds?.subjects ?? [];
  const families = new Map<string, { count: number; members: number }>();
  for (const { name, count } of subjects) {
    const family = `${name.split(".").slice(0, 2).join(".")}.>`;
    const known = families.get(family) ?? { count: 0, members: 0 };
    families.set(family, { count: known.count + count, members: known.members + 1 });
  }
  const wide = [...families].filter(([, each]) => each.members > 1).map(([name, each]) => ({ name, count: each.count }));
  return [...wide, ...subjects];
}
