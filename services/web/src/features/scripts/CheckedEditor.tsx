// A script being written: the server looks through it a moment after each change and names line and field.
import { CheckCircleOutlined, CloseCircleFilled } from "@ant-design/icons";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useTexts } from "@/app/texts";
import { CodeEditor } from "@/components/CodeEditor";
import { Failure } from "@/components/Failure";
import { useSettled } from "@/components/settled";
import { validate } from "./api";
import { SCRIPTS } from "./texts";

export function CheckedEditor({ label, value, onChange, height }: { label: string; value: string; onChange: (text: string) => void; height: string }) {
  const t = useTexts(SCRIPTS);
  const settled = useSettled(value);
  const judged = useQuery({ queryKey: ["scripts", "validate", settled], queryFn: () => validate(settled), placeholderData: keepPreviousData, staleTime: Infinity, retry: false });
  const errors = judged.data?.errors ?? [];
  return (
    <div>
      <CodeEditor
        language="yaml"
        label={label}
        value={value}
        onChange={onChange}
        height={height}
        problems={errors.map((each) => ({ line: each.line ?? 1, message: each.detail }))}
      />
      <div role="status" style={{ marginBlockStart: 8, minHeight: 24 }}>
        {judged.error ? <Failure error={judged.error} /> : !judged.data ? t("edit.checking") : errors.length === 0 ? (
          <span style={{ color: "var(--ant-color-success)" }}><CheckCircleOutlined aria-hidden /> {t("edit.valid")}</span>
        ) : (
          <span style={{ color: "var(--ant-color-error)" }}><CloseCircleFilled aria-hidden /> {t("edit.problems", { count: errors.length })}</span>
        )}
      </div>
      {errors.length > 0 ? (
        <ul style={{ margin: 0, paddingInlineStart: 20, maxHeight: 180, overflow: "auto" }}>
          {errors.map((each, index) => (
            <li key={index} className="break">
              {each.line ? <strong className="tabular">{t("edit.line", { line: each.line })}</strong> : null} <code className="mono">{each.pointer || "/"}</code> {each.detail}
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}
