// Past fires run again: asked for, followed, cancelled.
import { HistoryOutlined } from "@ant-design/icons";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Card, Dropdown, Flex, Progress, Skeleton, Tag } from "antd";
import { useState } from "react";
import { api, ask, type Schema } from "@/api/client";
import { LIVE } from "@/api/queries";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { Failure, sentenceOf } from "@/components/Failure";
import { keysetOptions } from "@/components/KeysetTable";
import { RUN_STATES } from "@/components/RunState";
import { When } from "@/components/Time";
import { WORDS } from "@/components/texts";
import type { Task } from "../definition";
import { DETAIL } from "../detailTexts";
import { BackfillDialog } from "./BackfillDialog";

type Backfill = Schema<"Backfills">["items"][number];

export default function Backfills({ task }: { task: Task }) {
  const t = useTexts(DETAIL);
  const w = useTexts(WORDS);
  const { can } = useSession();
  const [asking, setAsking] = useState(false);
  const query = useInfiniteQuery({
    queryKey: ["tasks", "backfills", task.id],
    queryFn: ({ pageParam }) => ask(api.GET("/api/v1/group-ai/automation-tasks/{task_id}/backfills", { params: { path: { task_id: task.id }, query: { cursor: pageParam, limit: 20 } } })),
    ...keysetOptions,
  });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const button = can("tasks:run") ? <Button type="primary" icon={<HistoryOutlined aria-hidden />} onClick={() => setAsking(true)}>{t("back.new")}</Button> : null;
  return (
    <>
      <Failure error={query.error} retry={() => void query.refetch()} />
      {query.isPending ? <Skeleton active /> : null}
      {query.data && rows.length === 0 ? <EmptyState icon={<HistoryOutlined aria-hidden />} title={t("back.empty")} text={t("back.empty.text")} actions={button} /> : null}
      {rows.length ? (
        <div style={{ display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: 12 }}>
          <div style={{ textAlign: "end" }}>{button}</div>
          {rows.map((row) => <BackfillCard key={row.id} row={row} />)}
          {query.hasNextPage ? <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{w("more")}</Button> : null}
        </div>
      ) : null}
      {asking ? <BackfillDialog task={task} onClose={() => setAsking(false)} /> : null}
    </>
  );
}

const OVER = ["success", "failure", "timed_out", "cancelled", "skipped", "needs_operator"] as const;
const LIVE_ONES = ["asked", "waiting", "running"] as const;

function BackfillCard({ row }: { row: Backfill }) {
  const t = useTexts(DETAIL);
  const states = useTexts(RUN_STATES);
  const w = useTexts(WORDS);
  const { can } = useSession();
  const { message } = App.useApp();
  const client = useQueryClient();
  const one = useQuery({
    queryKey: ["tasks", "backfill", row.id],
    queryFn: () => ask(api.GET("/api/v1/group-ai/backfills/{backfill_id}", { params: { path: { backfill_id: row.id } } })),
    refetchInterval: (query) => {
      const counts: Record<string, number> = query.state.data?.counts ?? {};
      return !query.state.data || LIVE_ONES.some((name) => counts[name]) ? LIVE : false;
    },
  });
  const cancel = useMutation({
    mutationFn: (all: boolean) =>
      ask(api.POST("/api/v1/group-ai/backfills/{backfill_id}/cancel", { params: { path: { backfill_id: row.id } }, body: { running_too: all } as Schema<"BackfillCancel"> })),
    onSuccess: (told) => {
      void message.info(t("back.cancelled", { cancelled: told.cancelled, cancelling: told.cancelling }));
      void client.invalidateQueries({ queryKey: ["tasks"] });
    },
    onError: (error) => void message.error(sentenceOf(error, w("failure.away"))),
  });
  const counts: Record<string, number> = one.data?.counts ?? {};
  const over = OVER.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
  const bad = (counts.failure ?? 0) + (counts.timed_out ?? 0) + (counts.needs_operator ?? 0);
  const state = (one.data?.state ?? "running") as "running" | "done" | "cancelled";
  const going = LIVE_ONES.some((name) => counts[name]);
  const share = Math.floor((over / Math.max(row.fires, 1)) * 100);
  return (
    <Card size="small">
      <Flex gap={8} wrap="wrap" justify="space-between">
        <span>
          <strong><When at={row.from} as="exact" /> – <When at={row.to} as="exact" /></strong>
          <div style={{ color: "var(--ant-color-text-description)" }}>
            {t("back.fires", { count: row.fires })} · <When at={row.created_at} /> {row.created_by ? t("back.by", { name: row.created_by }) : ""}
          </div>
        </span>
        <Flex gap={8} align="center">
          <Tag color={state === "running" ? "processing" : state === "done" ? (bad ? "error" : "success") : "default"}>{t(`back.state.${state}`)}</Tag>
          {going && can("tasks:run") ? (
            <Dropdown trigger={["click"]} menu={{ items: [{ key: "wait", label: t("back.cancel"), onClick: () => cancel.mutate(false) }, { key: "all", danger: true, label: t("back.cancel.all"), onClick: () => cancel.mutate(true) }] }}>
              <Button size="small" loading={cancel.isPending}>{w("cancel")}</Button>
            </Dropdown>
          ) : null}
        </Flex>
      </Flex>
      <Failure error={one.error} />
      <Progress aria-label={t("back.progress")} percent={share} status={bad ? "exception" : going ? "active" : "normal"} size="small" format={() => `${over} / ${row.fires}`} />
      <Flex gap={12} wrap="wrap" style={{ color: "var(--ant-color-text-description)" }}>
        {[...LIVE_ONES, ...OVER].map((name) => (counts[name] ? <span key={name}>{`${name === "asked" ? t("back.asked") : states(name)} ${counts[name]}`}</span> : null))}
      </Flex>
    </Card>
  );
}
