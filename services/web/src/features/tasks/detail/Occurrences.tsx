// "Why did it not run?": the ledger has a row for every time the task was to run, with what became of it.
import { useInfiniteQuery } from "@tanstack/react-query";
import { Card, Flex, Select, Tag } from "antd";
import { Link, useNavigate } from "react-router";
import { api, ask, type Schema } from "@/api/client";
import { LIVE } from "@/api/queries";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { keysetOptions, KeysetTable } from "@/components/KeysetTable";
import { When } from "@/components/Time";
import { WORDS } from "@/components/texts";
import { useUrlState } from "@/components/urlState";
import type { Task } from "../definition";
import { DETAIL } from "../detailTexts";

type Occurrence = Schema<"Occurrence">;

const OUTCOMES = [
  "fired", "missed", "expired", "coalesced", "skipped_overlap", "skipped_paused", "skipped_blackout", "skipped_condition", "skipped_lock",
  "throttled", "deduped", "upstream_failed", "superseded", "cancelled",
] as const;
type Outcome = (typeof OUTCOMES)[number];
const BAD: readonly string[] = ["missed", "expired", "upstream_failed"];
const TRIGGERS = ["schedule", "manual", "event", "dependency", "backfill", "requeue"] as const;

export default function Occurrences({ task }: { task: Task }) {
  const t = useTexts(DETAIL);
  const w = useTexts(WORDS);
  const navigate = useNavigate();
  const [state, set] = useUrlState({ outcome: "" });
  const query = useInfiniteQuery({
    queryKey: ["tasks", "occurrences", task.id, state.outcome],
    queryFn: ({ pageParam }) =>
      ask(
        api.GET("/api/v1/group-ai/automation-tasks/{task_id}/occurrences", {
          params: { path: { task_id: task.id }, query: { cursor: pageParam, limit: 50, ...(state.outcome ? { outcome: state.outcome as Outcome } : {}) } },
        }),
      ),
    ...keysetOptions,
    refetchInterval: (known) => ((known.state.data?.pages.length ?? 0) <= 2 ? LIVE : false),
  });
  return (
    <>
      <Flex gap={12} wrap="wrap" justify="space-between" align="center" style={{ marginBlockEnd: 8 }}>
        <span style={{ color: "var(--ant-color-text-description)" }}>{t("occ.lead")}</span>
        <Select
          aria-label={t("occ.outcome")}
          value={state.outcome}
          onChange={(outcome) => set({ outcome })}
          style={{ minWidth: 180 }}
          options={[{ value: "", label: w("all") }, ...OUTCOMES.map((value) => ({ value, label: t(`outcome.${value}`) }))]}
        />
      </Flex>
      <KeysetTable<Occurrence>
        label={t("tab.occurrences")}
        query={query}
        rowKey={(row) => `${row.scheduled_for} ${row.trigger} ${row.run_id ?? row.due_at}`}
        onOpen={(row) => row.run_id && void navigate(`/runs/${row.run_id}`)}
        empty={<EmptyState title={t("occ.empty")} text={t("occ.empty.text")} />}
        columns={[
          { title: t("occ.at"), width: 200, render: (_, row) => <At row={row} /> },
          { title: t("why"), width: 120, dataIndex: "trigger", render: (name: string) => <Trigger name={name} /> },
          { title: t("occ.outcome"), width: 170, render: (_, row) => <Became row={row} /> },
          { title: t("occ.reason"), render: (_, row) => <Reason row={row} /> },
        ]}
        card={(row) => (
          <Card size="small" styles={{ body: { display: "grid", gap: 6 } }}>
            <Flex justify="space-between" gap={8} wrap="wrap"><At row={row} /><Became row={row} /></Flex>
            <span style={{ color: "var(--ant-color-text-description)" }}><Trigger name={row.trigger} /></span>
            <Reason row={row} />
          </Card>
        )}
      />
    </>
  );
}

function At({ row }: { row: Occurrence }) {
  const t = useTexts(DETAIL);
  const { language } = usePreferences();
  const shifted = Math.abs(Date.parse(row.due_at) - Date.parse(row.scheduled_for)) > 1_000;
  return (
    <span>
      <When at={row.scheduled_for} as="short" />
      {shifted ? <small style={{ display: "block", color: "var(--ant-color-text-description)" }}>{t("occ.due", { time: new Date(row.due_at).toLocaleTimeString(language, { hourCycle: "h23" }) })}</small> : null}
    </span>
  );
}

function Trigger({ name }: { name: string }) {
  const t = useTexts(DETAIL);
  const known = TRIGGERS.find((each) => each === name);
  return <>{known ? t(`trigger.${known}`) : name}</>;
}

function Became({ row }: { row: Occurrence }) {
  const t = useTexts(DETAIL);
  const known = OUTCOMES.find((each) => each === row.outcome);
  const tag = <Tag color={row.outcome === "fired" ? "success" : BAD.includes(row.outcome) ? "error" : "default"}>{known ? t(`outcome.${known}`) : row.outcome}</Tag>;
  return (
    <span>
      {row.run_id ? <Link to={`/runs/${row.run_id}`}>{tag}</Link> : tag}
      {row.missed_count > 0 ? <small style={{ color: "var(--ant-color-text-description)" }}>{t("occ.missed", { count: row.missed_count + 1 })}</small> : null}
    </span>
  );
}

function Reason({ row }: { row: Occurrence }) {
  return <span className="break">{row.waits_for_text ?? row.reason ?? ""}</span>;
}
