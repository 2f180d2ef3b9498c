// Alert rules: listed with how they stand, switched, written, tried, copied, deleted.
import { MoreOutlined, PlusOutlined, SafetyOutlined } from "@ant-design/icons";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Alert, Button, Card, Dropdown, Input, Select, Space, Switch, type TableProps } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { api, ask } from "@/api/client";
import { calm } from "@/api/queries";
import type { paths } from "@/api/schema";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { KeysetTable, keysetOptions } from "@/components/KeysetTable";
import { Page } from "@/components/Page";
import { WORDS } from "@/components/texts";
import { useUrlState } from "@/components/urlState";
import { AlertLevel } from "./marks";
import { DeleteRule } from "./DeleteRule";
import { RuleForm } from "./RuleForm";
import { Checked, Condition, Now, Told } from "./RuleCells";
import { RULES } from "./rule-texts";
import { type Rule, TYPES } from "./rules";
import { ALERTS } from "./texts";
import { useToggle } from "./toggle";

const DEFAULTS = { name: "", rule_type: "", alert_level: "", enabled: "", open: "", like: "" };
type Query = NonNullable<paths["/api/v1/group-ai/alert-rules"]["get"]["parameters"]["query"]>;

export function Component() {
  const t = useTexts(RULES);
  const w = useTexts(WORDS);
  const a = useTexts(ALERTS);
  const navigate = useNavigate();
  const { can } = useSession();
  const [url, setUrl] = useUrlState(DEFAULTS);
  const [removing, setRemoving] = useState<Rule | null>(null);
  const toggle = useToggle();
  const { open, like, ...filters } = url;
  const query = useInfiniteQuery({
    ...keysetOptions,
    ...calm,
    queryKey: ["alert-rules", "list", filters],
    queryFn: ({ pageParam }) => ask(api.GET("/api/v1/group-ai/alert-rules", { params: { query: { ...filters, limit: 50, cursor: pageParam } as Query } })),
  });
  const edit = (rule: Rule) => setUrl({ open: rule.id });
  const writes = can("alerts:write");

  const onOff = (rule: Rule) => <Switch size="small" aria-label={t("toggle", { name: rule.name })} checked={rule.enabled} disabled={!writes} onChange={(enabled) => toggle(rule, enabled)} />;
  const buttons = (rule: Rule) => {
    const items = [
      { key: "alerts", label: t("alerts"), act: () => void navigate(`/alerts?state=any&rule=${encodeURIComponent(rule.name)}`) },
      ...(writes
        ? [
            { key: "copy", label: t("copy"), act: () => setUrl({ open: "new", like: rule.id }) },
            { key: "delete", label: w("delete"), danger: true, act: () => setRemoving(rule) },
          ]
        : []),
    ];
    return (
      <Space size={4}>
        {writes ? (
          <Button size="small" onClick={() => edit(rule)}>
            {w("edit")}
          </Button>
        ) : null}
        <Dropdown trigger={["click"]} menu={{ items: items.map(({ act, ...item }) => ({ ...item, onClick: act })) }}>
          <Button size="small" icon={<MoreOutlined />} aria-label={t("more", { name: rule.name })} />
        </Dropdown>
      </Space>
    );
  };
  const columns: TableProps<Rule>["columns"] = [
    { title: t("col.rule"), key: "rule", render: (_, rule) => <Name rule={rule} onOpen={edit} /> },
    { title: t("col.condition"), key: "condition", render: (_, rule) => <Condition rule={rule} /> },
    { title: t("col.now"), key: "now", render: (_, rule) => <Now rule={rule} /> },
    { title: t("col.told"), key: "told", render: (_, rule) => <Told rule={rule} /> },
    { title: t("col.checked"), key: "checked", render: (_, rule) => <Checked rule={rule} /> },
    { title: t("col.enabled"), key: "enabled", render: (_, rule) => onOff(rule) },
    { title: w("actions"), key: "actions", render: (_, rule) => buttons(rule) },
  ];
  const filtered = Object.values(filters).some(Boolean);
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      trail={<Link to="/alerts">{a("title")}</Link>}
      actions={
        writes ? (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setUrl({ open: "new", like: "" })}>
            {t("new")}
          </Button>
        ) : null
      }
    >
      <Unchecked />
      <Filters filters={filters} onChange={setUrl} />
      <KeysetTable<Rule>
        label={t("title")}
        query={query}
        rowKey={(rule) => rule.id}
        columns={columns}
        onOpen={edit}
        card={(rule) => (
          <Card size="small">
            <div style={{ display: "flex", gap: 8, alignItems: "flex-start" }}>
              <div style={{ flex: 1, minWidth: 0 }}>
                <Name rule={rule} onOpen={edit} />
              </div>
              {onOff(rule)}
            </div>
            <div style={{ display: "grid", gap: 4, marginBlock: 6 }}>
              <Condition rule={rule} />
              <Space size={8} wrap>
                <Now rule={rule} />
                <Checked rule={rule} />
              </Space>
              <Told rule={rule} />
            </div>
            {buttons(rule)}
          </Card>
        )}
        empty={
          <EmptyState
            icon={<SafetyOutlined />}
            title={t("empty.title")}
            text={filtered ? t("empty.filtered") : t("empty.text")}
            actions={writes && !filtered ? <Button type="primary" onClick={() => setUrl({ open: "new" })}>{t("new")}</Button> : null}
          />
        }
      />
      <Opened key={`${open} ${like}`} open={open} like={like} onClose={() => setUrl({ open: "", like: "" })} />
      {removing ? <DeleteRule rule={removing} onClose={() => setRemoving(null)} /> : null}
    </Page>
  );
}

function Name({ rule, onOpen }: { rule: Rule; onOpen: (rule: Rule) => void }) {
  return (
    <div style={{ maxWidth: 340 }}>
      <Space size={6} wrap>
        <Button type="link" onClick={() => onOpen(rule)} style={{ padding: 0, height: "auto", whiteSpace: "normal", textAlign: "start", fontWeight: 600 }}>
          <span className="break">{rule.name}</span>
        </Button>
        <AlertLevel level={rule.alert_level} />
      </Space>
      {rule.description ? (
        <div className="break" style={{ color: "var(--ant-color-text-description)" }}>
          {rule.description}
        </div>
      ) : null}
    </div>
  );
}

/** A rule that nothing checks looks well for ever. */
function Unchecked() {
  const t = useTexts(RULES);
  const navigate = useNavigate();
  const { can } = useSession();
  const { data } = useQuery({
    ...calm,
    queryKey: ["tasks", "checking", "enabled"],
    queryFn: () => ask(api.GET("/api/v1/group-ai/task-list", { params: { query: { q: "action:alert_check enabled:true", limit: 1 } } })),
    enabled: can("tasks:read"),
  });
  const rules = useQuery({ queryKey: ["alert-rules", "any"], queryFn: () => ask(api.GET("/api/v1/group-ai/alert-rules", { params: { query: { limit: 1 } } })) });
  if (!data || data.items.length > 0 || rules.data?.items.length === 0) return null;
  return (
    <Alert
      type="warning"
      showIcon
      title={t("unchecked.title")}
      description={t("unchecked.text")}
      style={{ marginBlockEnd: 12 }}
      action={
        can("tasks:write") ? (
          <Button size="small" onClick={() => void navigate("/tasks/new?action=alert_check")}>
            {t("unchecked.action")}
          </Button>
        ) : undefined
      }
    />
  );
}

function Opened({ open, like, onClose }: { open: string; like: string; onClose: () => void }) {
  const id = open === "new" ? like : open;
  const query = useQuery({
    queryKey: ["alert-rules", "one", id],
    queryFn: () => ask(api.GET("/api/v1/group-ai/alert-rules/{rule_id}", { params: { path: { rule_id: id } } })),
    enabled: id !== "",
  });
  if (open === "new" && !like) return <RuleForm onClose={onClose} />;
  if (!open || !query.data) return null;
  return open === "new" ? <RuleForm like={query.data} onClose={onClose} /> : <RuleForm rule={query.data} onClose={onClose} />;
}

function Filters({ filters, onChange }: { filters: { name: string; rule_type: string; alert_level: string; enabled: string }; onChange: (changes: Partial<typeof filters>) => void }) {
  const t = useTexts(RULES);
  const a = useTexts(ALERTS);
  return (
    <Space wrap size={8} style={{ marginBlockEnd: 12 }}>
      <Input.Search key={filters.name} aria-label={t("filter.name")} placeholder={t("filter.name")} defaultValue={filters.name} allowClear maxLength={200} onSearch={(name) => onChange({ name: name.trim() })} style={{ width: 220 }} />
      <Select aria-label={t("filter.type")} value={filters.rule_type} onChange={(rule_type) => onChange({ rule_type })} style={{ minWidth: 170 }} options={[{ value: "", label: t("filter.type.any") }, ...TYPES.map((type) => ({ value: type as string, label: t(`type.${type}`) }))]} />
      <Select
        aria-label={a("filter.level")}
        value={filters.alert_level}
        onChange={(alert_level) => onChange({ alert_level })}
        style={{ minWidth: 130 }}
        options={[{ value: "", label: a("filter.level.any") }, ...(["error", "warning", "info"] as const).map((level) => ({ value: level as string, label: a(`level.${level}`) }))]}
      />
      <Select
        aria-label={t("filter.enabled")}
        value={filters.enabled}
        onChange={(enabled) => onChange({ enabled })}
        style={{ minWidth: 140 }}
        options={[{ value: "", label: t("filter.enabled.any") }, { value: "true", label: t("filter.enabled.true") }, { value: "false", label: t("filter.enabled.false") }]}
      />
    </Space>
  );
}
