// What was told to whom and what came of it, found by channel, result, subject and time; sent once more on demand.
import { NotificationOutlined } from "@ant-design/icons";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Card, Space, type TableProps, Tag } from "antd";
import { Link } from "react-router";
import { api, ask, newIdempotencyKey, type Schema } from "@/api/client";
import { live } from "@/api/queries";
import type { paths } from "@/api/schema";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { sentenceOf } from "@/components/Failure";
import { KeysetTable, keysetOptions } from "@/components/KeysetTable";
import { When } from "@/components/Time";
import { WORDS } from "@/components/texts";
import { useUrlState } from "@/components/urlState";
import { Answer } from "./Answer";
import { DeliveryStateTag, eventName } from "./DeliveryState";
import { LogFilters, LOG_DEFAULTS } from "./LogFilters";
import { LOG } from "./log-texts";

type Told = Schema<"Notification">;
type Query = NonNullable<paths["/api/v1/group-ai/notifications"]["get"]["parameters"]["query"]>;

export function DeliveryLog() {
  const t = useTexts(LOG);
  const w = useTexts(WORDS);
  const [filters, setFilters] = useUrlState(LOG_DEFAULTS);
  const { group, task, ...others } = filters;
  const query = useInfiniteQuery({
    ...keysetOptions,
    ...live,
    queryKey: ["notifications", "list", filters],
    queryFn: ({ pageParam }) =>
      ask(api.GET("/api/v1/group-ai/notifications", { params: { query: { ...others, task_id: task, alert_group_id: group, limit: 50, cursor: pageParam } as Query } })),
  });
  const columns: TableProps<Told>["columns"] = [
    { title: t("col.when"), key: "when", render: (_, told) => <When at={told.created_at} /> },
    { title: t("col.about"), key: "about", render: (_, told) => <About told={told} /> },
    { title: t("col.channel"), key: "channel", render: (_, told) => <span className="break" style={{ display: "inline-block", maxWidth: 220 }}>{told.channel}</span> },
    { title: t("col.state"), key: "state", render: (_, told) => <State told={told} /> },
    { title: t("col.tries"), key: "tries", align: "end", render: (_, told) => <span className="tabular">{told.tries}</span> },
    { title: t("col.answer"), key: "answer", render: (_, told) => <Answer text={told.answer} good={told.state === "sent"} /> },
    { title: w("actions"), key: "actions", render: (_, told) => <Resend told={told} /> },
  ];
  const filtered = Object.entries(filters).some(([name, value]) => value !== LOG_DEFAULTS[name as keyof typeof LOG_DEFAULTS]);
  return (
    <>
      <LogFilters filters={filters} onChange={setFilters} />
      <KeysetTable<Told>
        label={t("col.about")}
        query={query}
        rowKey={(told) => told.id}
        columns={columns}
        card={(told) => (
          <Card size="small" styles={{ body: { display: "grid", gap: 4 } }}>
            <About told={told} />
            <span className="break">{told.channel}</span>
            <Space size={6} wrap>
              <State told={told} />
              <When at={told.created_at} />
            </Space>
            <Answer text={told.answer} good={told.state === "sent"} />
            <Resend told={told} />
          </Card>
        )}
        empty={
          <EmptyState
            icon={<NotificationOutlined />}
            title={t("empty.title")}
            text={filtered ? t("empty.filtered") : t("empty.text")}
            actions={filtered ? <Button onClick={() => setFilters(LOG_DEFAULTS)}>{t("filter.clear")}</Button> : null}
          />
        }
      />
    </>
  );
}

function About({ told }: { told: Told }) {
  const t = useTexts(LOG);
  return (
    <div style={{ maxWidth: 340 }}>
      <Space size={6} wrap>
        <strong>{eventName(told.event, t)}</strong>
        {told.resend_of ? <Tag style={{ marginInlineEnd: 0 }}>{t("resent")}</Tag> : null}
      </Space>
      <div>
        {told.alert_group_id ? <Link to={`/channels?tab=log&group=${told.alert_group_id}`}>{t("alerts")}</Link> : null}
        {told.task_id && told.event !== "more" ? (
          <Link className="break" to={`/tasks/${told.task_id}`}>
            {told.task_name ?? t("gone")}
          </Link>
        ) : null}
        {told.run_id && told.event !== "more" ? (
          <>
            {" · "}
            <Link to={`/runs/${told.run_id}`}>{t("run")}</Link>
          </>
        ) : null}
      </div>
    </div>
  );
}

function State({ told }: { told: Told }) {
  const t = useTexts(LOG);
  return (
    <Space size={4} wrap>
      <DeliveryStateTag state={told.state} />
      {told.next_try_at && told.tries > 0 ? (
        <span style={{ color: "var(--ant-color-text-description)", whiteSpace: "nowrap" }}>
          {t("next")} <When at={told.next_try_at} />
        </span>
      ) : null}
    </Space>
  );
}

function Resend({ told }: { told: Told }) {
  const t = useTexts(LOG);
  const w = useTexts(WORDS);
  const { can } = useSession();
  const { message } = App.useApp();
  const client = useQueryClient();
  const sending = useMutation({
    mutationFn: () =>
      ask(
        api.POST("/api/v1/group-ai/notifications/{notification_id}/resend", {
          params: { path: { notification_id: told.id }, header: { "Idempotency-Key": newIdempotencyKey() } },
        }),
      ),
    onSettled: () => client.invalidateQueries({ queryKey: ["notifications"] }),
    onError: (error) => void message.error(sentenceOf(error, w("failure.title"))),
    onSuccess: () => void message.success(told.state === "failed" ? t("resend.sooner") : t("resend.done")),
  });
  if (!can("channels:write") || told.state === "waiting") return null;
  return (
    <Button size="small" loading={sending.isPending} onClick={() => sending.mutate()} style={{ justifySelf: "start" }}>
      {told.state === "failed" ? t("resend.now") : t("resend")}
    </Button>
  );
}
