// Runs that ended for good without success: filtered, chosen, requeued (with other parameters if need be) or discarded.
import { InboxOutlined } from "@ant-design/icons";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { App, Button, Card, Segmented, Select, Space, type TableProps, Tag } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { calm } from "@/api/queries";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { sentenceOf } from "@/components/Failure";
import { KeysetTable, keysetOptions } from "@/components/KeysetTable";
import { RunState } from "@/components/RunState";
import { SearchBox } from "@/components/SearchBox";
import { WORDS } from "@/components/texts";
import { When } from "@/components/Time";
import { useUrlState } from "@/components/urlState";
import { allMatching, type DeadRun, listDeadRuns, type RunFilter } from "./deadApi";
import { DeadRunDrawer } from "./DeadRunDrawer";
import { type Decision, DecideModal } from "./DecideModal";
import { DEAD } from "./texts";

const STATES = ["open", "requeued", "discarded", "all"] as const;
const WAYS = ["failure", "timed_out", "needs_operator"] as const;

export interface Rights {
  mayDecide: boolean;
  mayRun: boolean;
}

export function DeadRuns({ mayDecide, mayRun }: Rights) {
  const t = useTexts(DEAD);
  const [url, setUrl] = useUrlState({ q: "", state: "open", status: "", task_id: "", open: "" });
  const filter: RunFilter = { q: url.q, task_id: url.task_id, status: url.status as RunFilter["status"], state: (url.state === "all" ? "" : url.state) as RunFilter["state"] };
  const [chosen, setChosen] = useState<string[]>([]);
  const [deciding, setDeciding] = useState<{ decision: Decision; ids: string[] } | null>(null);
  const query = useInfiniteQuery({
    queryKey: ["dead-runs", "list", filter],
    queryFn: ({ pageParam }) => listDeadRuns(filter, pageParam),
    ...keysetOptions,
    ...calm,
  });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const selectable = mayDecide || mayRun;
  return (
    <>
      <Filters url={url} setUrl={(changes) => { setChosen([]); setUrl(changes, { replace: true }); }} taskName={rows[0]?.task_name ?? null} />
      {selectable ? <BulkBar filter={filter} chosen={chosen} setChosen={setChosen} mayDecide={mayDecide} mayRun={mayRun} hasRows={rows.length > 0 && url.state === "open"} onDecide={(decision) => setDeciding({ decision, ids: chosen })} /> : null}
      <KeysetTable<DeadRun>
        label={t("runs.label")}
        query={query}
        rowKey={(run) => run.run_id}
        columns={useColumns((id) => setUrl({ open: id }))}
        card={(run) => <RunCard run={run} onOpen={() => setUrl({ open: run.run_id })} />}
        onOpen={(run) => setUrl({ open: run.run_id })}
        {...(selectable ? { selected: chosen, onSelect: setChosen } : {})}
        empty={<Nothing filtered={url.q !== "" || url.status !== "" || url.task_id !== "" || url.state !== "open"} onShowAll={() => setUrl({ q: "", status: "", task_id: "", state: "all" })} />}
      />
      {url.open ? <DeadRunDrawer id={url.open} known={rows.find((run) => run.run_id === url.open)} mayDecide={mayDecide} mayRun={mayRun} onClose={() => setUrl({ open: "" })} onDecide={(decision) => setDeciding({ decision, ids: [url.open] })} onOnlyTask={(id) => setUrl({ task_id: id, open: "", state: "all" })} /> : null}
      {deciding ? <DecideModal decision={deciding.decision} ids={deciding.ids} known={rows} onClose={() => setDeciding(null)} onDone={() => setChosen([])} /> : null}
    </>
  );
}

type Url = { q: string; state: string; status: string; task_id: string };

function Filters({ url, setUrl, taskName }: { url: Url; setUrl: (changes: Partial<Url>) => void; taskName: string | null }) {
  const t = useTexts(DEAD);
  return (
    <Space wrap role="group" aria-label={t("filters")} style={{ marginBlockEnd: 12 }}>
      <Segmented aria-label={t("state")} value={url.state} onChange={(state) => setUrl({ state: String(state) })} options={STATES.map((each) => ({ value: each, label: t(`state.${each}`) }))} />
      <Select
        aria-label={t("status")}
        value={url.status}
        onChange={(status: string) => setUrl({ status })}
        options={[{ value: "", label: t("status.all") }, ...WAYS.map((each) => ({ value: each, label: t(`status.${each}`) }))]}
        style={{ minWidth: 140 }}
      />
      <SearchBox value={url.q} onChange={(q) => setUrl({ q })} label={t("search")} />
      {url.task_id ? <Tag closable onClose={() => setUrl({ task_id: "" })}>{t("onlyTask", { name: taskName ?? url.task_id })}</Tag> : null}
    </Space>
  );
}

interface BulkBarProps extends Rights {
  filter: RunFilter;
  chosen: string[];
  setChosen: (ids: string[]) => void;
  hasRows: boolean;
  onDecide: (decision: Decision) => void;
}

function BulkBar({ filter, chosen, setChosen, mayDecide, mayRun, hasRows, onDecide }: BulkBarProps) {
  const t = useTexts(DEAD);
  const word = useTexts(WORDS);
  const { message } = App.useApp();
  const all = useMutation({
    mutationFn: () => allMatching(filter),
    onSuccess: ({ ids, more }) => {
      setChosen(ids);
      if (more) void message.info(t("select.more"));
    },
    onError: (error) => void message.error(sentenceOf(error, word("failure.title"))),
  });
  if (!hasRows && chosen.length === 0) return null;
  return (
    <div style={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 8, marginBlockEnd: 12, minHeight: 32 }}>
      <span role="status" className="tabular">{chosen.length > 0 ? t("selected", { count: chosen.length }) : null}</span>
      {hasRows ? <Button size="small" loading={all.isPending} onClick={() => all.mutate()}>{t("select.all")}</Button> : null}
      {chosen.length > 0 ? (
        <>
          <Button size="small" type="text" onClick={() => setChosen([])}>{t("select.clear")}</Button>
          {mayRun ? <Button type="primary" onClick={() => onDecide("requeue")}>{t("requeue")}</Button> : null}
          {mayRun ? <Button onClick={() => onDecide("edit")}>{t("requeue.edit")}</Button> : null}
          {mayDecide ? <Button danger onClick={() => onDecide("discard")}>{t("discard")}</Button> : null}
        </>
      ) : null}
    </div>
  );
}

function useColumns(open: (id: string) => void): TableProps<DeadRun>["columns"] {
  const t = useTexts(DEAD);
  return [
    {
      title: t("task"),
      key: "task",
      render: (_, run) => (
          <Button type="link" style={{ padding: 0, height: "auto", whiteSpace: "normal", textAlign: "start" }} onClick={() => open(run.run_id)}>{run.task_name ?? t("task.gone")}</Button>
      ),
    },
    { title: t("status"), dataIndex: "status", render: (status: string) => <RunState name={status} /> },
    { title: t("error"), dataIndex: "error_message", ellipsis: true, width: 420, render: (text: string | null) => <span className="mono">{text ?? t("error.none")}</span> },
    { title: t("attempts"), dataIndex: "attempts", align: "right" },
    { title: t("died"), dataIndex: "died_at", render: (at: string) => <When at={at} /> },
    { title: t("state"), key: "state", render: (_, run) => <DecisionTag run={run} /> },
  ];
}

const COLORS: Record<DeadRun["state"], string> = { open: "warning", requeued: "processing", discarded: "default" };

export function DecisionTag({ run }: { run: DeadRun }) {
  const t = useTexts(DEAD);
  return (
    <span>
      <Tag color={COLORS[run.state]}>{t(`state.${run.state}`)}</Tag>
      {run.new_run_id ? <Link to={`/runs/${run.new_run_id}`} onClick={(event) => event.stopPropagation()}>{t("run.new")}</Link> : null}
    </span>
  );
}

function RunCard({ run, onOpen }: { run: DeadRun; onOpen: () => void }) {
  const t = useTexts(DEAD);
  return (
    <Card size="small">
      <div style={{ display: "flex", justifyContent: "space-between", gap: 8 }}>
        <Button type="link" style={{ padding: 0, height: "auto", whiteSpace: "normal", textAlign: "start" }} onClick={onOpen}>{run.task_name ?? t("task.gone")}</Button>
        <RunState name={run.status} />
      </div>
      <div className="mono break" style={{ marginBlock: 4 }}>{run.error_message ?? t("error.none")}</div>
      <Space wrap size={8}><DecisionTag run={run} /><When at={run.died_at} /></Space>
    </Card>
  );
}

function Nothing({ filtered, onShowAll }: { filtered: boolean; onShowAll: () => void }) {
  const t = useTexts(DEAD);
  if (filtered) return <EmptyState icon={<InboxOutlined />} title={t("empty.filtered")} text={t("empty.filtered.text")} actions={<Button onClick={onShowAll}>{t("empty.showAll")}</Button>} />;
  return <EmptyState icon={<InboxOutlined />} title={t("empty.runs")} text={t("empty.runs.text")} actions={<Button onClick={onShowAll}>{t("empty.showAll")}</Button>} />;
}
