// Who changed the task and how: field by field, from the audit list.
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Card, Flex, Skeleton, Tag } from "antd";
import { Link } from "react-router";
import { api, ask, type Schema } from "@/api/client";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { Failure } from "@/components/Failure";
import { keysetOptions } from "@/components/KeysetTable";
import { When } from "@/components/Time";
import { WORDS } from "@/components/texts";
import { LinkButton } from "@/components/LinkButton";
import { type Difference, differences, type Task } from "../definition";
import { DETAIL } from "../detailTexts";

type Entry = Schema<"AuditEntry">;
const VERBS = ["task.created", "task.updated", "task.deleted", "run.requested"] as const;

export default function History({ task }: { task: Task }) {
  const t = useTexts(DETAIL);
  const w = useTexts(WORDS);
  const query = useInfiniteQuery({
    queryKey: ["tasks", "history", task.id, task.version],
    queryFn: ({ pageParam }) => ask(api.GET("/api/v1/group-ai/audit", { params: { query: { subject_kind: "task", subject_id: task.id, cursor: pageParam, limit: 50 } } })),
    ...keysetOptions,
  });
  const entries = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div style={{ display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: 10 }}>
      <Failure error={query.error} retry={() => void query.refetch()} />
      {query.isPending ? <Skeleton active /> : null}
      {query.data && entries.length === 0 ? <EmptyState title={t("hist.empty")} text={t("hist.empty")} /> : null}
      <div style={{ textAlign: "end" }}>
        <LinkButton to={`/audit?subject_kind=task&subject_id=${task.id}`}>{t("hist.all")}</LinkButton>
      </div>
      {entries.map((entry) => <EntryCard key={entry.id} entry={entry} />)}
      {query.hasNextPage ? <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{w("more")}</Button> : null}
    </div>
  );
}

function EntryCard({ entry }: { entry: Entry }) {
  const t = useTexts(DETAIL);
  const verb = VERBS.find((each) => each === entry.verb);
  const changed = entry.verb === "task.updated" ? differences(entry.before, entry.after) : [];
  const runId = entry.verb === "run.requested" ? entry.after?.run_id : null;
  return (
    <Card size="small">
      <Flex gap={8} wrap="wrap" align="center">
        <Tag>{verb ? t(`hist.verb.${verb}`) : entry.verb}</Tag>
        <strong>{entry.actor}</strong>
        <When at={entry.at} />
        {entry.token_id ? <span style={{ color: "var(--ant-color-text-description)" }}>{t("hist.token", { id: entry.token_id })}</span> : null}
        {typeof runId === "string" ? <Link to={`/runs/${runId}`}>{t("tab.runs")}</Link> : null}
      </Flex>
      {changed.length ? <Changes changed={changed} /> : null}
    </Card>
  );
}

function Changes({ changed }: { changed: Difference[] }) {
  const t = useTexts(DETAIL);
  const cell = { textAlign: "start", verticalAlign: "top", padding: "4px 12px 4px 0" } as const;
  return (
    <div style={{ overflowX: "auto" }}>
      <table style={{ marginBlockStart: 8, borderCollapse: "collapse" }}>
        <thead>
          <tr>
            {(["hist.field", "hist.before", "hist.after"] as const).map((key) => (
              <th key={key} scope="col" style={{ ...cell, color: "var(--ant-color-text-description)", fontWeight: 400 }}>{t(key)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {changed.map((each) => (
            <tr key={each.field}>
              <th scope="row" style={{ ...cell, fontWeight: 500 }}><code className="mono">{each.field}</code></th>
              <td style={cell}><Value value={each.before} /></td>
              <td style={cell}><Value value={each.after} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Value({ value }: { value: unknown }) {
  const text = value === undefined || value === null ? "–" : typeof value === "string" ? value : JSON.stringify(value, null, 1);
  return <code className="mono pre">{text}</code>;
}
