// What a run was given, what came of it, what happened in between, and which runs belong to it.
import { useQuery } from "@tanstack/react-query";
import { Alert, Flex, Skeleton, Table, Tag, Timeline, Typography } from "antd";
import { Link } from "react-router";
import { api, ask, type Schema } from "@/api/client";
import { useTexts } from "@/app/texts";
import { Json } from "@/components/Json";
import { RunState } from "@/components/RunState";
import { Duration, When } from "@/components/Time";
import { type Target, targetsOf } from "./result";
import type { Run } from "./RunPage";
import { RUN } from "./run-texts";
import { TRIGGER_WORDS } from "./texts";
import { isTrigger } from "./why";

export function Result({ run }: { run: Run }) {
  const t = useTexts(RUN);
  const found = targetsOf(run.execution_data);
  if (!run.result && !run.error_message && !run.execution_data) return <Alert type="info" title={t("result.none")} />;
  return (
    <Flex vertical gap={12}>
      {run.result ?? run.error_message ? (
        <section>
          <Title text={t("result.summary")} />
          <div className="pre">{run.result ?? run.error_message}</div>
        </section>
      ) : null}
      {found ? <Targets targets={found.targets} leftOff={found.leftOff} /> : null}
      {run.execution_data ? (
        <section>
          <Title text={t("result.data")} />
          <Json value={run.execution_data} />
        </section>
      ) : null}
    </Flex>
  );
}

const GOOD = ["done", "noop", "assigned"];
const BAD = ["failed", "needs_operator"];

function Targets({ targets, leftOff }: { targets: Target[]; leftOff: number }) {
  const t = useTexts(RUN);
  const outcome = (word: string) => {
    const key = `outcome.${word}`;
    return key in RUN ? t(key as "outcome.done") : word;
  };
  const words = [...new Set(targets.map((each) => each.outcome))];
  return (
    <section>
      <Title text={`${t("result.targets")} (${targets.length})`} />
      <Table<Target>
        size="small"
        rowKey="id"
        dataSource={targets}
        pagination={targets.length > 50 ? { pageSize: 50, showSizeChanger: false } : false}
        scroll={{ x: "max-content" }}
        columns={[
          { title: t("target.id"), dataIndex: "id", render: (id: string) => <code className="mono break">{id}</code> },
          {
            title: t("target.outcome"),
            dataIndex: "outcome",
            filters: words.map((word) => ({ text: outcome(word), value: word })),
            onFilter: (word, target) => target.outcome === word,
            render: (word: string) => <Tag color={GOOD.includes(word) ? "success" : BAD.includes(word) ? "error" : "default"}>{outcome(word)}</Tag>,
          },
          { title: t("target.before"), dataIndex: "before", render: (value: unknown) => <Value value={value} /> },
          { title: t("target.after"), dataIndex: "after", render: (value: unknown) => <Value value={value} /> },
          { title: t("target.ms"), dataIndex: "ms", align: "end", render: (ms: number) => <Duration seconds={ms / 1_000} /> },
          { title: t("target.error"), dataIndex: "error", render: (text: string | null) => <span className="break">{text ?? ""}</span> },
        ]}
      />
      {leftOff > 0 ? <p>{t("result.left-off", { count: leftOff })}</p> : null}
    </section>
  );
}

function Value({ value }: { value: unknown }) {
  if (value === null || value === undefined) return "–";
  return <span className="mono break">{typeof value === "string" ? value : JSON.stringify(value)}</span>;
}

export function Params({ run }: { run: Run }) {
  const t = useTexts(RUN);
  const params = useParamsOf(run);
  const event = run.origin?.event;
  return (
    <Flex vertical gap={12}>
      <section>
        <Alert type="info" style={{ marginBlockEnd: 8 }} title={run.params ? t("params.own") : params.isError ? t("params.gone") : t("params.task")} />
        {params.data ? <Json value={params.data} /> : params.isError ? null : <Skeleton active paragraph={{ rows: 3 }} title={false} />}
      </section>
      {event ? (
        <section>
          <Title text={t("event")} />
          <Json value={event} />
          <Link to={`/events?type=${encodeURIComponent(String((event as { type?: unknown }).type ?? ""))}`}>{t("event.find")}</Link>
        </section>
      ) : null}
    </Flex>
  );
}

/** What a run was given, or what its task gives it. */
export function useParamsOf(run: Run) {
  return useQuery({
    queryKey: ["runs", "params", run.run_id, run.params],
    queryFn: async () =>
      run.params ?? (await ask(api.GET("/api/v1/group-ai/automation-tasks/{task_id}", { params: { path: { task_id: run.task_id } } }))).action_config,
    retry: false,
  });
}

const COLORS: Record<string, string> = { attempt_failed: "red", cancel_requested: "orange", held: "orange", retry_at: "orange", snoozed: "gray" };

export function Course({ run }: { run: Run }) {
  const t = useTexts(RUN);
  return (
    <>
      <p style={{ marginBlockStart: 0, color: "var(--ant-color-text-description)" }}>{t("course.lead")}</p>
      <Timeline
        items={run.timeline.map((moment, index) => ({
          key: index,
          color: moment.event === "finished" ? (run.status === "success" ? "green" : "red") : (COLORS[moment.event] ?? "blue"),
          content: (
            <div>
              <div className="pre">{moment.text}</div>
              <When at={moment.at} as="exact" />
            </div>
          ),
        }))}
      />
    </>
  );
}

export function Related({ run }: { run: Run }) {
  const t = useTexts(RUN);
  return (
    <Flex vertical gap={12}>
      {run.caused_by ? (
        <section>
          <Title text={t("related.cause")} />
          <Kin runs={[run.caused_by]} />
        </section>
      ) : null}
      {run.caused.length > 0 ? (
        <section>
          <Title text={t("related.caused")} />
          <Kin runs={run.caused} />
        </section>
      ) : null}
      {!run.caused_by && run.caused.length === 0 ? <Alert type="info" title={t("related.none")} /> : null}
      <Flex gap={16} wrap>
        <Link to={`/runs?task_id=${run.task_id}`}>{t("related.same")}</Link>
        <Link to={`/graph?focus=${run.task_id}`}>{t("related.graph")}</Link>
      </Flex>
    </Flex>
  );
}

function Kin({ runs }: { runs: Schema<"KinShown">[] }) {
  const t = useTexts(RUN);
  const triggers = useTexts(TRIGGER_WORDS);
  return (
    <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 6 }}>
      {runs.map((each) => (
        <li key={each.run_id}>
          <Flex gap={8} wrap align="center">
            <RunState name={each.status} />
            <Link to={`/runs/${each.run_id}`} className="break">
              {t("related.of", { task: each.task_name ?? each.task_id.slice(0, 8), trigger: isTrigger(each.trigger) ? triggers(each.trigger) : each.trigger })}
            </Link>
            <When at={each.at} />
          </Flex>
        </li>
      ))}
    </ul>
  );
}

function Title({ text }: { text: string }) {
  return <Typography.Title level={2} style={{ fontSize: 15, marginBlock: "4px 8px" }}>{text}</Typography.Title>;
}
