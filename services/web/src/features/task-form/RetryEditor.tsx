// Retries: the numbers, and the attempts they come to, drawn on a line of time.
import { InputNumber, Select, Switch } from "antd";
import { useId } from "react";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { duration } from "@/components/format";
import { attemptsOf, type Retry, spanOf, USUAL_RETRY } from "./attempts";
import { Advanced, Field, Group } from "./Field";
import { listOf, useForm } from "./form";
import { POLICY } from "./policy-texts";
import { Seconds } from "./Seconds";

const WEEK = 7 * 86_400;
const SHOWN = 8;

export function RetryEditor() {
  const t = useTexts(POLICY);
  const { draft, set } = useForm();
  const retry = draft.retry;
  const id = useId();
  return (
    <Group pointer="/retry" legend={t("field.retry")} nested>
      <div style={{ display: "flex", gap: 8, alignItems: "center", marginBlockEnd: 12 }}>
        <Switch id={id} checked={retry !== null} onChange={(on) => set("retry", on ? USUAL_RETRY : null)} />
        <label htmlFor={id}>{t("retry.on")}</label>
      </div>
      {retry ? <RetryFields retry={retry} onChange={(changes) => set("retry", { ...retry, ...changes })} /> : null}
    </Group>
  );
}

function RetryFields({ retry, onChange }: { retry: Retry; onChange: (changes: Partial<Retry>) => void }) {
  const t = useTexts(POLICY);
  return (
    <>
      <div style={{ display: "grid", columnGap: 16, gridTemplateColumns: "repeat(auto-fill, minmax(min(240px, 100%), 1fr))" }}>
        <Field pointer="/retry/max_attempts" label={t("field.retry.max_attempts")}>
          {(control) => <InputNumber {...control} min={1} max={100} precision={0} value={retry.max_attempts} onChange={(value) => value && onChange({ max_attempts: value })} style={{ width: 140 }} />}
        </Field>
        <Field pointer="/retry/initial_interval_seconds" label={t("field.retry.initial_interval_seconds")}>
          {(control) => (
            <Seconds control={control} fractions min={0.1} max={86_400} value={retry.initial_interval_seconds} onChange={(value) => value && onChange({ initial_interval_seconds: value, max_interval_seconds: Math.max(value, retry.max_interval_seconds) })} />
          )}
        </Field>
        <Field pointer="/retry/backoff" label={t("field.retry.backoff")}>
          {(control) => <InputNumber {...control} min={1} max={100} step={0.5} value={retry.backoff} onChange={(value) => value && onChange({ backoff: value })} style={{ width: 140 }} />}
        </Field>
        <Field pointer="/retry/max_interval_seconds" label={t("field.retry.max_interval_seconds")}>
          {(control) => <Seconds control={control} fractions min={0.1} max={WEEK} value={retry.max_interval_seconds} onChange={(value) => value && onChange({ max_interval_seconds: value })} />}
        </Field>
      </div>
      <RetryTimeline retry={retry} />
      <Advanced label={t("more.retry")} open={listOf(retry.retry_on).length + listOf(retry.non_retryable).length > 0}>
        <Field pointer="/retry/jitter" label={t("field.retry.jitter")} help={t("help.retry.jitter")}>
          {(control) => <InputNumber {...control} min={0} max={1} step={0.05} value={retry.jitter} onChange={(value) => value !== null && onChange({ jitter: value })} style={{ width: 140 }} />}
        </Field>
        <Field pointer="/retry/non_retryable" label={t("field.retry.non_retryable")} help={t("help.retry.messages")}>
          {(control) => <Select {...control} mode="tags" open={false} suffixIcon={null} value={listOf(retry.non_retryable)} onChange={(value: string[]) => onChange({ non_retryable: value })} style={{ width: "100%" }} />}
        </Field>
        <Field pointer="/retry/retry_on" label={t("field.retry.retry_on")} help={t("help.retry.messages")}>
          {(control) => <Select {...control} mode="tags" open={false} suffixIcon={null} value={listOf(retry.retry_on)} onChange={(value: string[]) => onChange({ retry_on: value })} style={{ width: "100%" }} />}
        </Field>
      </Advanced>
    </>
  );
}

/** Dots on a line; distances grow with the logarithm, or the first pauses would vanish beside the last. */
function RetryTimeline({ retry }: { retry: Retry }) {
  const t = useTexts(POLICY);
  const { language } = usePreferences();
  const attempts = attemptsOf(retry, SHOWN);
  const widest = Math.log1p(spanOf(retry)) || 1;
  const cut = attempts.length < retry.max_attempts;
  const spelled = attempts.map(({ number, at }) => t("retry.attempt", { number, at: duration(at, language) })).join(language === "en" ? ", " : "、");
  return (
    <figure style={{ margin: "0 0 16px", padding: "12px 16px", borderRadius: 8, background: "var(--ant-color-fill-quaternary)" }}>
      <div role="img" aria-label={t("retry.drawing", { list: spelled })} style={{ position: "relative", height: 62, margin: "0 18px" }}>
        <div style={{ position: "absolute", insetInline: 0, top: 12, borderBlockStart: "2px solid var(--ant-color-border)" }} />
        {attempts.map(({ number, at }, index) => (
          <div key={number} style={{ position: "absolute", insetInlineStart: `${(Math.log1p(at) / widest) * 100}%`, top: 0, transform: "translateX(-50%)", textAlign: "center", fontSize: 12 }}>
            <div style={{ width: 26, height: 26, borderRadius: 13, lineHeight: "24px", margin: "0 auto", border: "2px solid var(--ant-color-primary)", background: index === 0 ? "var(--ant-color-primary)" : "var(--ant-color-bg-container)", color: index === 0 ? "var(--ant-color-text-light-solid)" : "var(--ant-color-text)" }}>{number}</div>
            <div className="tabular" style={{ whiteSpace: "nowrap", marginBlockStart: 4 + (attempts.length > 5 ? (index % 2) * 14 : 0), color: "var(--ant-color-text-description)" }}>{index === 0 ? "0" : `+${duration(at, language)}`}</div>
          </div>
        ))}
      </div>
      <figcaption style={{ color: "var(--ant-color-text-description)", fontSize: 13 }}>
        {cut ? "… " : ""}
        {t("retry.span", { span: duration(spanOf(retry), language) })}
      </figcaption>
    </figure>
  );
}
