// The runtimes of accounts: one for each server, when it was heard last, and how much it keeps running.
import { CheckCircleFilled, CloudServerOutlined, LogoutOutlined, WarningFilled } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Alert, Card, Descriptions, Progress, Skeleton, Tag } from "antd";
import { Link } from "react-router";
import { api, ask, type Schema } from "@/api/client";
import { live } from "@/api/queries";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { Failure } from "@/components/Failure";
import { Page } from "@/components/Page";
import { When } from "@/components/Time";
import { countAccounts, NO_FILTER } from "./api";
import { serversOf, type Server } from "./servers";
import { RUNTIMES } from "./texts";

export function Component() {
  const t = useTexts(RUNTIMES);
  const runtimes = useQuery({ ...live, queryKey: ["accounts", "runtimes"], queryFn: () => ask(api.GET("/api/v1/group-ai/account-runtimes")) });
  const counts = useQuery({ ...live, queryKey: ["accounts", "counts", NO_FILTER], queryFn: () => countAccounts(NO_FILTER) });
  const wanted = useQuery({ ...live, queryKey: ["accounts", "counts", "running"], queryFn: () => countAccounts({ ...NO_FILTER, desired: "running" }) });
  const servers = runtimes.data ? serversOf(runtimes.data.items, counts.data?.server ?? [], wanted.data?.server ?? []) : null;
  return (
    <Page title={t("title")} lead={t("lead")}>
      <Failure error={runtimes.error} retry={() => void runtimes.refetch()} />
      {servers === null && !runtimes.error ? <Skeleton active /> : null}
      {servers?.length === 0 ? <EmptyState icon={<CloudServerOutlined />} title={t("empty")} text={t("emptyText")} command="AUTOMATION_RUNTIME_SERVER=taipei-1 AUTOMATION_NATS_URL=nats://… automation serve account-runtime" /> : null}
      <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 12, gridTemplateColumns: "repeat(auto-fill, minmax(min(100%, 360px), 1fr))" }}>
        {servers?.map((server) => <li key={server.name}><ServerCard server={server} /></li>)}
      </ul>
    </Page>
  );
}

function ServerCard({ server }: { server: Server }) {
  const t = useTexts(RUNTIMES);
  return (
    <Card
      size="small"
      title={<h2 style={{ fontSize: 15, margin: 0 }} className="break">{server.name}</h2>}
      extra={<Link to={`/accounts?server=${encodeURIComponent(server.name)}`}>{t("show")}</Link>}
    >
      {server.runtimes.length === 0 ? <Alert type="warning" showIcon title={t("none")} description={t("noneText", { count: server.accounts })} /> : null}
      {server.runtimes.map((each) => <Runtime key={each.runtime_id} runtime={each} server={server} />)}
    </Card>
  );
}

function Runtime({ runtime, server }: { runtime: Schema<"AccountRuntime">; server: Server }) {
  const t = useTexts(RUNTIMES);
  const share = server.wanted ? Math.min(100, Math.round((100 * runtime.running) / server.wanted)) : runtime.running ? 100 : 0;
  const state = !runtime.live ? (
    <Tag icon={<WarningFilled />} color="error">{t("silent")}</Tag>
  ) : runtime.stopping ? (
    <Tag icon={<LogoutOutlined />} color="warning">{t("stopping")}</Tag>
  ) : (
    <Tag icon={<CheckCircleFilled />} color="success">{t("live")}</Tag>
  );
  return (
    <>
      <Descriptions
        column={1}
        size="small"
        items={[
          { key: "state", label: runtime.instance, children: state },
          { key: "host", label: t("host"), children: <span className="break">{runtime.host}</span> },
          { key: "seen", label: t("seen"), children: <When at={runtime.seen_at} /> },
          { key: "started", label: t("started"), children: <When at={runtime.started_at} /> },
          { key: "assigned", label: t("assigned"), children: <span className="tabular">{server.accounts}</span> },
          { key: "running", label: t("running"), children: <span className="tabular">{runtime.running} / {server.wanted}</span> },
        ]}
      />
      <Progress percent={share} size="small" showInfo={false} aria-label={t("running")} status={runtime.live ? "normal" : "exception"} />
    </>
  );
}
