// How a task is run: time limit, retries, what happens when runs meet, and what they share with others.
import { useQuery } from "@tanstack/react-query";
import { AutoComplete, Radio } from "antd";
import { api, ask } from "@/api/client";
import { calm } from "@/api/queries";
import { useTexts } from "@/app/texts";
import { Choices } from "./Choices";
import { Field, Group, Advanced } from "./Field";
import type { Draft } from "./fields";
import { listOf, useForm } from "./form";
import { LimitsEditor } from "./LimitsEditor";
import { OverlapDrawing } from "./OverlapDrawing";
import { POLICY } from "./policy-texts";
import { RetryEditor } from "./RetryEditor";
import { Seconds } from "./Seconds";

const OVERLAPS = ["skip", "buffer_one", "buffer_all", "cancel_other", "terminate_other", "allow_all"] as const;
const YEAR = 366 * 86_400;

export function HowSection() {
  const t = useTexts(POLICY);
  const { draft, set } = useForm();
  return (
    <>
      <div style={{ display: "grid", columnGap: 16, gridTemplateColumns: "repeat(auto-fill, minmax(min(280px, 100%), 1fr))" }}>
        <Field pointer="/timeout_seconds" label={t("field.timeout_seconds")} help={t("help.timeout_seconds")}>
          {(control) => <Seconds control={control} max={86_400} value={draft.timeout_seconds} onChange={(value) => value && set("timeout_seconds", value)} />}
        </Field>
        <QueueField />
        <Group pointer="/priority" legend={t("field.priority")} help={t("help.priority")}>
          <Radio.Group value={draft.priority} onChange={(event) => set("priority", event.target.value as number)} optionType="button" options={[1, 2, 3, 4, 5].map((each) => ({ value: each, label: String(each) }))} />
        </Group>
      </div>
      <RetryEditor />
      <Group pointer="/overlap" legend={t("field.overlap")}>
        <Choices<NonNullable<Draft["overlap"]> | "default">
          label={t("field.overlap")}
          value={draft.overlap ?? "default"}
          onChange={(value) => set("overlap", value === "default" ? null : value)}
          options={[
            { value: "default", title: t("overlap.default"), text: t("overlap.default.text") },
            ...OVERLAPS.map((each) => ({ value: each, title: t(`overlap.${each}`), text: t(`overlap.${each}.text`), drawing: <OverlapDrawing policy={each} /> })),
          ]}
        />
      </Group>
      <Field pointer="/start_deadline_seconds" label={t("field.start_deadline_seconds")} help={t("help.start_deadline_seconds")}>
        {(control) => <Seconds control={control} max={YEAR} placeholder={t("no.limit")} value={draft.start_deadline_seconds} onChange={(value) => set("start_deadline_seconds", value)} />}
      </Field>
      <Advanced label={t("more.limits")} open={hasLimits(draft)}>
        <LimitsEditor />
      </Advanced>
    </>
  );
}

function hasLimits(draft: Draft): boolean {
  return Boolean(draft.concurrency ?? draft.rate_limit ?? draft.unique ?? draft.selector) || listOf(draft.locks).length > 0;
}

function QueueField() {
  const t = useTexts(POLICY);
  const { draft, set } = useForm();
  const queues = useQuery({ queryKey: ["task-form", "queues"], queryFn: () => ask(api.GET("/api/v1/group-ai/queues")), ...calm });
  const chosen = queues.data?.find((each) => each.name === draft.queue);
  const warning = !queues.data ? null : !chosen ? t("queue.unknown") : chosen.state === "no_executor" ? t("queue.no_executor") : chosen.state === "paused" ? t("queue.paused") : null;
  return (
    <Field
      pointer="/queue"
      label={t("field.queue")}
      help={warning ? <span style={{ color: "var(--ant-color-warning-text)" }}>⚠ {warning}</span> : t("help.queue")}
    >
      {(control) => (
        <AutoComplete
          {...control}
          value={draft.queue}
          onChange={(value: string) => set("queue", value)}
          options={(queues.data ?? []).map((each) => ({ value: each.name, label: each.description ? `${each.name} · ${each.description}` : each.name }))}
          style={{ width: "100%", maxWidth: 280 }}
        />
      )}
    </Field>
  );
}
