// Executors: who is there, how busy, with which clock; drained for maintenance and resumed.
import { CloudServerOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Card, Grid, Progress, Skeleton, Space, Table, type TableProps, Tag } from "antd";
import { api, ask } from "@/api/client";
import { live } from "@/api/queries";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { Failure } from "@/components/Failure";
import { Page } from "@/components/Page";
import { WORDS } from "@/components/texts";
import { useUrlState } from "@/components/urlState";
import { ExecutorActions } from "./ExecutorActions";
import { ExecutorDrawer } from "./ExecutorDrawer";
import { Clock, ExecutorState, Heard } from "./ExecutorParts";
import type { Executor } from "./executors";
import "./queues.css";
import { EXECUTORS } from "./texts";

export function Component() {
  const t = useTexts(EXECUTORS);
  const wide = Grid.useBreakpoint().md ?? window.innerWidth >= 768;
  const [{ executor: open, queue }, setUrl] = useUrlState({ executor: "", queue: "" });
  const query = useQuery({ queryKey: ["executors", "list"], queryFn: () => ask(api.GET("/api/v1/group-ai/executors")), ...live });
  const all = query.data ?? [];
  const shown = queue ? all.filter((each) => each.queues.includes(queue)) : all;
  const active = all.filter((each) => each.state === "active");
  const sum = (field: "running" | "slots") => active.reduce((total, each) => total + each[field], 0);
  return (
    <Page
      title={t("title")}
      lead={query.data ? t("lead", { active: active.length, running: sum("running"), slots: sum("slots") }) : <span>&nbsp;</span>}
      aside={queue ? <Tag closable onClose={() => setUrl({ queue: "" })}>{t("queues")}: {queue}</Tag> : null}
    >
      <Failure error={query.error} retry={() => void query.refetch()} />
      {query.isPending ? <Skeleton active paragraph={{ rows: 5 }} /> : null}
      {query.data && shown.length === 0 ? <EmptyState icon={<CloudServerOutlined />} title={t("empty.title")} text={t("empty.text")} command="AUTOMATION_EXECUTORS=2 automation up" /> : null}
      {shown.length > 0 && wide ? <ExecutorTable shown={shown} all={all} onOpen={(id) => setUrl({ executor: id })} /> : null}
      {shown.length > 0 && !wide ? (
        <ul className="queue-cards" aria-label={t("label")}>
          {shown.map((each) => (
            <li key={each.executor_id}>
              <Card size="small">
                <div style={{ display: "flex", justifyContent: "space-between", gap: 8 }}>
                  <Button type="link" style={{ padding: 0, height: "auto", fontWeight: 600 }} onClick={() => setUrl({ executor: each.executor_id })}>{each.instance}</Button>
                  <ExecutorActions executor={each} all={all} />
                </div>
                <div style={{ marginBlockStart: 6 }}><ExecutorState executor={each} /></div>
                <div className="queue-card-line">
                  <span>{t("slots")} <Slots executor={each} /></span>
                  <span>{t("heard")} <Heard executor={each} /></span>
                  <span><Names names={each.queues} /></span>
                </div>
              </Card>
            </li>
          ))}
        </ul>
      ) : null}
      {open ? <ExecutorDrawer id={open} all={all} onClose={() => setUrl({ executor: "" })} /> : null}
    </Page>
  );
}

function ExecutorTable({ shown, all, onOpen }: { shown: Executor[]; all: Executor[]; onOpen: (id: string) => void }) {
  const t = useTexts(EXECUTORS);
  const word = useTexts(WORDS);
  const columns: TableProps<Executor>["columns"] = [
    {
      title: t("instance"),
      dataIndex: "instance",
      render: (name: string, each) => (
        <>
          <Button type="link" style={{ padding: 0, height: "auto" }} onClick={() => onOpen(each.executor_id)}>{name}</Button>
          <div className="queue-quiet">{each.host}{each.version ? ` · ${each.version}` : ""}</div>
        </>
      ),
    },
    { title: word("state"), key: "state", render: (_, each) => <ExecutorState executor={each} /> },
    { title: t("slots"), key: "slots", render: (_, each) => <Slots executor={each} /> },
    { title: t("queues"), dataIndex: "queues", render: (names: string[]) => <Names names={names} /> },
    { title: t("labels"), dataIndex: "labels", render: (labels: Record<string, string>) => <Names names={Object.entries(labels).map(([name, value]) => `${name}=${value}`)} /> },
    { title: t("heard"), key: "heard", render: (_, each) => <Heard executor={each} /> },
    { title: t("clock"), key: "clock", render: (_, each) => <Clock executor={each} /> },
    { title: <span className="visually-hidden">{word("actions")}</span>, key: "actions", fixed: "right", render: (_, each) => <ExecutorActions executor={each} all={all} /> },
  ];
  return <Table<Executor> aria-label={t("label")} size="middle" rowKey="executor_id" columns={columns} dataSource={shown} pagination={false} scroll={{ x: "max-content" }} />;
}

function Slots({ executor }: { executor: Executor }) {
  return (
    <span style={{ display: "inline-flex", gap: 8, alignItems: "center" }}>
      <span className="tabular">{executor.running} / {executor.slots}</span>
      <Progress percent={(executor.running / executor.slots) * 100} showInfo={false} size="small" style={{ width: 64, margin: 0 }} aria-hidden />
    </span>
  );
}

function Names({ names }: { names: string[] }) {
  if (names.length === 0) return <span className="queue-quiet">–</span>;
  return <Space size={4} wrap>{names.map((name) => <Tag key={name} style={{ marginInlineEnd: 0 }}>{name}</Tag>)}</Space>;
}
