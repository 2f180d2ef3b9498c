// Fields that speak of events: a subject chosen from those that came lately, and a condition.
import { AutoComplete } from "antd";
import { ConditionEditor } from "@/features/trigger-editor/ConditionEditor";
import { subjectsWithFamilies } from "@/features/trigger-editor/SubjectFields";
import { useEventKinds } from "@/features/trigger-editor/useEvents";

export function EventSubject({ id, value, onChange, invalid }: { id: string; value: string; onChange: (value: unknown) => void; invalid: boolean }) {
  const kinds = useEventKinds("");
  return (
    <AutoComplete
      id={id}
      status={invalid ? "error" : ""}
      value={value}
      onChange={(text: string) => onChange(text)}
      options={subjectsWithFamilies(kinds.data).map((each) => ({ value: each.name }))}
      showSearch={{ filterOption: (input, option) => String(option?.value ?? "").includes(input) }}
      placeholder="event.orders.created"
      allowClear
      className="mono"
    />
  );
}

export function EventCondition({ value, onChange }: { value: string; onChange: (value: unknown) => void }) {
  const kinds = useEventKinds("");
  return <ConditionEditor value={value} onChange={onChange} problems={[]} fields={kinds.data?.fields ?? []} />;
}
