// The condition, as clauses or as an expression: two views of one text. What the clauses cannot show stays text.
import { Alert, Form, Segmented } from "antd";
import { useState } from "react";
import type { FieldProblem } from "@/api/problem";
import { useTexts } from "@/app/texts";
import { GrowingText } from "@/components/GrowingText";
import { ConditionBuilder } from "./ConditionBuilder";
import { readCondition, writeCondition } from "./condition";
import { TRIGGER } from "./texts";
import type { FieldSeen } from "./useEvents";

interface Props {
  value: string;
  onChange: (value: string) => void;
  problems: FieldProblem[];
  fields: FieldSeen[];
}

export function ConditionEditor({ value, onChange, problems, fields }: Props) {
  const t = useTexts(TRIGGER);
  const groups = readCondition(value);
  const [wish, setWish] = useState<"builder" | "expression">("builder");
  const view = groups === null ? "expression" : wish;
  return (
    <div>
      <Segmented
        aria-label={t("condition.title")}
        value={view}
        onChange={setWish}
        options={[
          { value: "builder", label: t("condition.builder"), disabled: groups === null },
          { value: "expression", label: t("condition.expression") },
        ]}
        style={{ marginBlockEnd: 12 }}
      />
      {view === "builder" && groups !== null ? (
        <>
          <ConditionBuilder groups={groups} fields={fields} onChange={(after) => onChange(writeCondition(after))} />
          {value ? (
            <code className="mono break" style={{ display: "block", marginBlockStart: 8, color: "var(--ant-color-text-description)" }}>{value}</code>
          ) : null}
          {problems.map((each, index) => (
            <Alert key={index} type="error" showIcon title={each.detail} style={{ marginBlockStart: 8 }} />
          ))}
        </>
      ) : (
        <Form.Item
          layout="vertical"
          htmlFor="trigger-condition"
          validateStatus={problems.length > 0 ? "error" : ""}
          help={problems[0]?.detail ?? (groups === null ? t("condition.notShown") : t("condition.cel"))}
          style={{ margin: 0 }}
        >
          <GrowingText
            id="trigger-condition"
            aria-label={t("condition.title")}
            className="mono"
            rows={2}
            most={10}
            maxLength={1024}
            spellCheck={false}
            placeholder={'error_rate > 10 && host.startsWith("web-")'}
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
        </Form.Item>
      )}
    </div>
  );
}
