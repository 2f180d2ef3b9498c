// The attempts of a run side by side: a column each, so that what differs is seen.
import { Alert, Table, Tag } from "antd";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Schema } from "@/api/client";
import { useTexts } from "@/app/texts";
import { RunState } from "@/components/RunState";
import { Duration, When } from "@/components/Time";
import { placeOf } from "@/features/log/lines";
import { useMarks } from "./Answer";
import type { Run } from "./RunPage";
import { RUN } from "./run-texts";
import { RUNS } from "./texts";

type Attempt = Schema<"AttemptShown">;

interface Trait {
  key: string;
  name: string;
  of: (attempt: Attempt) => ReactNode;
}

export function Attempts({ run }: { run: Run }) {
  const t = useTexts(RUN);
  const names = useTexts(RUNS);
  const marks = useMarks(run.run_id);
  if (run.attempts.length === 0) return <Alert type="info" title={t("attempt.none")} />;
  const lines = (attempt: Attempt) => {
    const found = marks.data?.attempts.find((each) => each.attempt === attempt.attempt);
    if (!found) return "–";
    const errors = found.levels.error ?? 0;
    return (
      <>
        <Link to={`?#L${placeOf({ attempt: found.attempt, seq: found.first_error ?? found.first })}`}>{t("attempt.lines.open", { count: found.total })}</Link>
        {errors > 0 ? <div>{t("attempt.errors", { count: errors })}</div> : null}
      </>
    );
  };
  const traits: Trait[] = [
    { key: "state", name: names("column.state"), of: (each) => <AttemptState status={each.status} /> },
    { key: "executor", name: names("column.executor"), of: (each) => <span className="break">{each.executor ?? "–"}</span> },
    { key: "began", name: t("fact.began"), of: (each) => (each.started_at ? <When at={each.started_at} as="exact" /> : "–") },
    { key: "ended", name: t("fact.ended"), of: (each) => (each.completed_at ? <When at={each.completed_at} as="exact" /> : "–") },
    { key: "took", name: t("fact.duration"), of: (each) => <Duration seconds={each.duration_seconds} /> },
    { key: "error", name: t("attempt.error"), of: (each) => <Text text={each.error_message} /> },
    { key: "result", name: t("attempt.result"), of: (each) => <Text text={each.result} /> },
    { key: "retry", name: t("attempt.retry"), of: (each) => (each.retry_at ? <When at={each.retry_at} as="exact" /> : "–") },
    ...(run.attempts.some((each) => each.lease_until) ? [{ key: "lease", name: t("fact.lease"), of: (each: Attempt) => (each.lease_until ? <When at={each.lease_until} /> : "–") }] : []),
    { key: "lines", name: t("attempt.lines"), of: lines },
  ];
  return (
    <>
      <p style={{ marginBlockStart: 0, color: "var(--ant-color-text-description)" }}>{t("attempts.lead")}</p>
      <Table<Trait>
        size="small"
        bordered
        pagination={false}
        rowKey="key"
        dataSource={traits}
        scroll={{ x: "max-content" }}
        columns={[
          { title: "", dataIndex: "name", fixed: "start", width: 110, rowScope: "row" },
          ...run.attempts.map((attempt) => ({
            title: t("attempt.n", { n: attempt.attempt }),
            key: attempt.attempt,
            width: 260,
            render: (_: unknown, trait: Trait) => trait.of(attempt),
          })),
        ]}
      />
    </>
  );
}

/** Of an attempt some words mean something else than of a run. */
function AttemptState({ status }: { status: string }) {
  const t = useTexts(RUN);
  if (status === "lost") return <Tag color="warning">{t("attempt.lost")}</Tag>;
  if (status === "snoozed") return <Tag>{t("attempt.snoozed")}</Tag>;
  return <RunState name={status} />;
}

function Text({ text }: { text: string | null }) {
  if (!text) return "–";
  return <div className="pre" tabIndex={0} style={{ maxHeight: 200, overflow: "auto", minWidth: 200, maxWidth: 480 }}>{text}</div>;
}
