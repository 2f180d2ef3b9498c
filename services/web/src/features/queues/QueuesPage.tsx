// Queues: what waits and for how long, what runs, who takes from them; paused, limited, relaxed for a while.
import { PauseOutlined, PlayCircleOutlined, PlusOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Alert, App, Button, Card, Grid, Skeleton, Table, type TableProps } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { live } from "@/api/queries";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { Failure, sentenceOf } from "@/components/Failure";
import { Page } from "@/components/Page";
import { WORDS } from "@/components/texts";
import { When } from "@/components/Time";
import { useUrlState } from "@/components/urlState";
import { LimitsModal } from "./LimitsModal";
import { PauseModal } from "./PauseModal";
import { QueueActions } from "./QueueActions";
import { listQueues, type Pause, pauseAll, type Queue, readPause, resumeAll, useRefresh } from "./queueApi";
import { QueueDrawer } from "./QueueDrawer";
import { Busy, Limits, Oldest, QueueState } from "./QueueParts";
import "./queues.css";
import { QUEUES } from "./texts";
import { useUndo } from "./useUndo";

export function Component() {
  const t = useTexts(QUEUES);
  const { can } = useSession();
  const wide = Grid.useBreakpoint().md ?? window.innerWidth >= 768;
  const [{ queue: open }, setUrl] = useUrlState({ queue: "" });
  const [adding, setAdding] = useState(false);
  const query = useQuery({ queryKey: ["queues", "list"], queryFn: listQueues, ...live });
  const pause = useQuery({ queryKey: ["queues", "pause"], queryFn: readPause, ...live });
  const queues = query.data ?? [];
  const mayWrite = can("queues:write");
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      actions={
        mayWrite ? (
          <>
            <Button key="new" icon={<PlusOutlined />} onClick={() => setAdding(true)}>{t("newQueue")}</Button>
            {pause.data && !pause.data.paused ? <PauseAll key="all" /> : null}
          </>
        ) : null
      }
    >
      {pause.data?.paused ? <AllPaused pause={pause.data} mayResume={mayWrite} /> : null}
      <Failure error={query.error} retry={() => void query.refetch()} />
      {query.isPending ? <Skeleton active paragraph={{ rows: 6 }} /> : null}
      {wide ? (
        query.data ? <QueueTable queues={queues} onOpen={(name) => setUrl({ queue: name })} /> : null
      ) : (
        <ul className="queue-cards" aria-label={t("label")}>
          {queues.map((queue) => <li key={queue.name}><QueueCard queue={queue} onOpen={() => setUrl({ queue: queue.name })} /></li>)}
        </ul>
      )}
      <QueueDrawer queue={queues.find((each) => each.name === open)} onClose={() => setUrl({ queue: "" })} />
      {adding ? <LimitsModal queue={null} onClose={() => setAdding(false)} /> : null}
    </Page>
  );
}

function QueueTable({ queues, onOpen }: { queues: Queue[]; onOpen: (name: string) => void }) {
  const t = useTexts(QUEUES);
  const word = useTexts(WORDS);
  const number = (value: number) => <span className="tabular">{value}</span>;
  const columns: TableProps<Queue>["columns"] = [
    {
      title: word("name"),
      dataIndex: "name",
      render: (name: string, queue) => (
        <>
          <Button type="link" style={{ padding: 0, height: "auto" }} onClick={() => onOpen(name)}>{name}</Button>
          {queue.description ? <div className="queue-quiet break">{queue.description}</div> : null}
        </>
      ),
    },
    { title: t("state"), key: "state", render: (_, queue) => <QueueState queue={queue} /> },
    { title: t("waiting"), dataIndex: "waiting", align: "right", sorter: (one, other) => one.waiting - other.waiting, render: (count: number, queue) => <Link to={`/runs?queue=${queue.name}&status=waiting`}>{number(count)}</Link> },
    { title: t("oldest"), key: "oldest", align: "right", sorter: (one, other) => (one.oldest_waiting_seconds ?? -1) - (other.oldest_waiting_seconds ?? -1), render: (_, queue) => <Oldest queue={queue} /> },
    { title: t("running"), key: "running", render: (_, queue) => <Busy queue={queue} /> },
    { title: t("rate"), dataIndex: "started_per_minute", align: "right", render: (rate: number) => t("rate.value", { count: rate }) },
    { title: t("executors"), key: "executors", render: (_, queue) => t("executors.value", { count: queue.executors, slots: queue.slots }) },
    { title: t("tasks"), dataIndex: "tasks", align: "right", render: (count: number, queue) => <Link to={`/tasks?q=${encodeURIComponent(`queue:${queue.name}`)}`}>{number(count)}</Link> },
    { title: t("limits"), key: "limits", render: (_, queue) => <Limits queue={queue} /> },
    { title: <span className="visually-hidden">{word("actions")}</span>, key: "actions", fixed: "right", render: (_, queue) => <QueueActions queue={queue} /> },
  ];
  return <Table<Queue> aria-label={t("label")} size="middle" rowKey="name" columns={columns} dataSource={queues} pagination={false} scroll={{ x: "max-content" }} />;
}

function QueueCard({ queue, onOpen }: { queue: Queue; onOpen: () => void }) {
  const t = useTexts(QUEUES);
  return (
    <Card size="small">
      <div style={{ display: "flex", justifyContent: "space-between", gap: 8 }}>
        <Button type="link" style={{ padding: 0, height: "auto", fontWeight: 600 }} onClick={onOpen}>{queue.name}</Button>
        <QueueActions queue={queue} />
      </div>
      <div style={{ marginBlockStart: 6 }}><QueueState queue={queue} /></div>
      <div className="queue-card-line">
        <span>{t("waiting")} <b className="tabular">{queue.waiting}</b></span>
        <span>{t("oldest")} <Oldest queue={queue} /></span>
        <span>{t("running")} <Busy queue={queue} /></span>
        <span><Limits queue={queue} /></span>
      </div>
    </Card>
  );
}

function PauseAll() {
  const t = useTexts(QUEUES);
  const refresh = useRefresh();
  const undo = useUndo();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button danger icon={<PauseOutlined />} onClick={() => setOpen(true)}>{t("all.pause")}</Button>
      {open ? (
        <PauseModal
          title={t("all.pause")}
          effect={t("all.effect")}
          confirm={t("all.pause")}
          onClose={() => setOpen(false)}
          act={async (wish) => {
            await pauseAll(wish);
            await refresh();
            undo(t("paused.done", { name: t("everything") }), async () => {
              await resumeAll();
              await refresh();
            });
          }}
        />
      ) : null}
    </>
  );
}

function AllPaused({ pause, mayResume }: { pause: Pause; mayResume: boolean }) {
  const t = useTexts(QUEUES);
  const word = useTexts(WORDS);
  const { message } = App.useApp();
  const refresh = useRefresh();
  const resume = async () => {
    try {
      await resumeAll();
      await refresh();
    } catch (error) {
      void message.error(sentenceOf(error, word("failure.title")));
    }
  };
  return (
    <Alert
      type="error"
      showIcon
      icon={<PauseOutlined />}
      title={t("all.paused")}
      description={
        <>
          <div>{t("all.effect")}</div>
          <div>
            {pause.reason ? <span className="break">{pause.reason} · </span> : null}
            {pause.changed_by ? `${t("state.by", { name: pause.changed_by })} · ` : null}
            {pause.until ? <>{t("state.until")}<When at={pause.until} /></> : t("state.forever")}
          </div>
        </>
      }
      action={mayResume ? <Button type="primary" icon={<PlayCircleOutlined />} onClick={() => void resume()}>{t("all.resume")}</Button> : null}
      style={{ marginBlockEnd: 16 }}
    />
  );
}
