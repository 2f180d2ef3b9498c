// What is not in order now: counts, filters in the address, acknowledging and silencing one or many.
import { AlertOutlined, MutedOutlined, SafetyOutlined, UserOutlined } from "@ant-design/icons";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button, Card, Space, type TableProps } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { api, ask } from "@/api/client";
import { live } from "@/api/queries";
import type { paths } from "@/api/schema";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { KeysetTable, keysetOptions } from "@/components/KeysetTable";
import { Page } from "@/components/Page";
import { When } from "@/components/Time";
import { WORDS } from "@/components/texts";
import { useUrlState } from "@/components/urlState";
import { AcknowledgeModal } from "./AcknowledgeModal";
import { AlertFilters, DEFAULTS, type Filters } from "./AlertFilters";
import { Counts } from "./Counts";
import { withLabel } from "./filters";
import { type Alert, AlertLevel, AlertState, headline, Labels, measured, Muted } from "./marks";
import { shared, silencePath } from "./matchers";
import { ALERTS } from "./texts";

export function Component() {
  const t = useTexts(ALERTS);
  const w = useTexts(WORDS);
  const navigate = useNavigate();
  const { can } = useSession();
  const [filters, setFilters] = useUrlState(DEFAULTS);
  const [selected, setSelected] = useState<string[]>([]);
  const [taking, setTaking] = useState<Alert[] | null>(null);
  const query = useAlerts(filters);
  const alerts = query.data?.pages.flatMap((page) => page.items) ?? [];
  const chosen = alerts.filter((alert) => selected.includes(alert.id));
  const open = (alert: Alert) => void navigate(`/alerts/${alert.id}`);
  const narrow = (name: string, value: string) => setFilters({ labels: withLabel(filters.labels, name, value) });

  const buttons = (alert: Alert, orientation: "vertical" | "horizontal" = "horizontal") => (
    <Space size={4} orientation={orientation}>
      {can("alerts:acknowledge") && alert.state !== "resolved" ? (
        <Button size="small" icon={<UserOutlined />} onClick={() => setTaking([alert])}>
          {alert.acknowledged_at ? t("ack.again") : t("ack")}
        </Button>
      ) : null}
      {can("alerts:write") && alert.state !== "resolved" ? (
        <Button size="small" icon={<MutedOutlined />} onClick={() => void navigate(silencePath(alert.labels))}>
          {t("silence")}
        </Button>
      ) : null}
    </Space>
  );
  const columns: TableProps<Alert>["columns"] = [
    {
      title: t("col.state"),
      key: "state",
      render: (_, alert) => (
        <Space orientation="vertical" size={4}>
          <AlertState state={alert.state} />
          <AlertLevel level={alert.level} />
        </Space>
      ),
    },
    { title: t("col.alert"), key: "alert", render: (_, alert) => <What alert={alert} onChoose={narrow} /> },
    { title: t("col.value"), key: "value", align: "end", render: (_, alert) => <span className="tabular">{measured(alert.value)}</span> },
    { title: t("col.since"), key: "since", render: (_, alert) => <Since alert={alert} /> },
    { title: t("col.handling"), key: "handling", render: (_, alert) => <Handling alert={alert} /> },
    { title: w("actions"), key: "actions", render: (_, alert) => buttons(alert, "vertical") },
  ];
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      actions={
        <>
          <Button icon={<SafetyOutlined />} onClick={() => void navigate("/alert-rules")}>
            {t("rules")}
          </Button>
          <Button icon={<MutedOutlined />} onClick={() => void navigate("/alert-silences")}>
            {t("silences")}
          </Button>
        </>
      }
    >
      <Counts onChoose={(changes) => setFilters({ ...DEFAULTS, ...changes })} />
      <AlertFilters filters={filters} onChange={setFilters} />
      {chosen.length > 0 ? (
        <Card size="small" style={{ marginBlockEnd: 12 }}>
          <Space wrap>
            <span role="status">{t("selected", { count: chosen.length })}</span>
            <Button size="small" type="primary" onClick={() => setTaking(chosen.filter((alert) => alert.state !== "resolved"))}>
              {t("ack")}
            </Button>
            {can("alerts:write") ? (
              <Button size="small" onClick={() => void navigate(silencePath(shared(chosen.map((alert) => alert.labels))))}>
                {t("silence")}
              </Button>
            ) : null}
            <Button size="small" type="text" onClick={() => setSelected([])}>
              {t("select.none")}
            </Button>
          </Space>
        </Card>
      ) : null}
      <KeysetTable<Alert>
        label={t("title")}
        query={query}
        rowKey={(alert) => alert.id}
        columns={columns}
        onOpen={open}
        {...(can("alerts:acknowledge") ? { selected, onSelect: setSelected } : {})}
        card={(alert) => (
          <Card size="small">
            <Space size={4} wrap>
              <AlertState state={alert.state} />
              <AlertLevel level={alert.level} />
              <Since alert={alert} />
            </Space>
            <What alert={alert} onChoose={narrow} />
            <div style={{ marginBlock: 6 }}>
              <Handling alert={alert} />
            </div>
            {buttons(alert)}
          </Card>
        )}
        empty={<Nothing filters={filters} onClear={() => setFilters({ ...DEFAULTS, state: "any" })} />}
      />
      {taking && taking.length > 0 ? (
        <AcknowledgeModal
          alerts={taking}
          onClose={() => {
            setTaking(null);
            setSelected([]);
          }}
        />
      ) : null}
    </Page>
  );
}

type Query = NonNullable<paths["/api/v1/group-ai/alerts"]["get"]["parameters"]["query"]>;

function useAlerts(filters: Filters) {
  return useInfiniteQuery({
    ...keysetOptions,
    ...live,
    queryKey: ["alerts", "list", filters],
    queryFn: ({ pageParam }) => ask(api.GET("/api/v1/group-ai/alerts", { params: { query: { ...filters, limit: 50, cursor: pageParam } as Query } })),
  });
}

function What({ alert, onChoose }: { alert: Alert; onChoose: (name: string, value: string) => void }) {
  const t = useTexts(ALERTS);
  const title = headline(alert);
  return (
    <div style={{ maxWidth: 460, minWidth: 0 }}>
      <Link to={`/alerts/${alert.id}`} className="break" style={{ fontWeight: 600 }}>
        {title}
      </Link>
      {title === alert.rule ? null : (
        <div className="break" style={{ color: "var(--ant-color-text-description)" }}>
          {alert.rule}
        </div>
      )}
      {alert.reason ? <div>{t(`reason.${alert.reason}`)}</div> : null}
      <div style={{ marginBlockStart: 2 }}>
        <Labels short labels={alert.labels} most={4} onChoose={onChoose} />
      </div>
    </div>
  );
}

function Since({ alert }: { alert: Alert }) {
  const t = useTexts(ALERTS);
  if (alert.state !== "resolved") return <When at={alert.fired_at ?? alert.active_at} />;
  return (
    <span style={{ whiteSpace: "nowrap" }}>
      {t("ended")} <When at={alert.resolved_at} />
    </span>
  );
}

function Handling({ alert }: { alert: Alert }) {
  const t = useTexts(ALERTS);
  return (
    <Space orientation="vertical" size={2} style={{ maxWidth: 220 }}>
      {alert.acknowledged_at ? (
        <span className="break">
          {t("ack.by", { who: alert.acknowledged_by ?? "" })} · <When at={alert.acknowledged_at} />
          {alert.acknowledged_comment ? <div style={{ color: "var(--ant-color-text-description)" }}>{alert.acknowledged_comment}</div> : null}
        </span>
      ) : alert.state === "resolved" ? null : (
        <span style={{ color: "var(--ant-color-text-description)" }}>{t("ack.nobody")}</span>
      )}
      <Muted alert={alert} />
    </Space>
  );
}

function Nothing({ filters, onClear }: { filters: Filters; onClear: () => void }) {
  const t = useTexts(ALERTS);
  const navigate = useNavigate();
  const { can } = useSession();
  const filtered = Object.entries(filters).some(([name, value]) => value !== DEFAULTS[name as keyof Filters]);
  const rules = useQuery({
    queryKey: ["alert-rules", "any"],
    queryFn: () => ask(api.GET("/api/v1/group-ai/alert-rules", { params: { query: { limit: 1 } } })),
    enabled: !filtered,
  });
  if (filtered) {
    return <EmptyState icon={<AlertOutlined />} title={t("empty.filtered.title")} text={t("empty.filtered.text")} actions={<Button onClick={onClear}>{t("filter.clear")}</Button>} />;
  }
  if (rules.data?.items.length === 0) {
    return (
      <EmptyState
        icon={<SafetyOutlined />}
        title={t("empty.rules.title")}
        text={t("empty.rules.text")}
        actions={can("alerts:write") ? <Button type="primary" onClick={() => void navigate("/alert-rules?open=new")}>{t("empty.rules.action")}</Button> : null}
      />
    );
  }
  return <EmptyState icon={<AlertOutlined />} title={t("empty.title")} text={t("empty.text")} />;
}
