// The list of scripts: how the newest version stands, and what is published where.
import { CodeOutlined, PlusOutlined } from "@ant-design/icons";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Card, Select, Space, type TableProps, Tag } from "antd";
import { Link, useNavigate } from "react-router";
import { calm } from "@/api/queries";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { KeysetTable, keysetOptions } from "@/components/KeysetTable";
import { Page } from "@/components/Page";
import { SearchBox } from "@/components/SearchBox";
import { When } from "@/components/Time";
import { useUrlState } from "@/components/urlState";
import { listScripts, type Script } from "./api";
import { Status } from "./marks";
import { ScriptForm } from "./ScriptForm";
import { SCRIPTS, STATUS } from "./texts";

export function Component() {
  const t = useTexts(SCRIPTS);
  const statuses = useTexts(STATUS);
  const { can } = useSession();
  const navigate = useNavigate();
  const [{ q, status, form }, setUrl] = useUrlState({ q: "", status: "", form: "" });
  const list = useInfiniteQuery({
    ...keysetOptions,
    ...calm,
    queryKey: ["scripts", "list", { q, status }],
    queryFn: ({ pageParam }) => listScripts(q, status, pageParam),
  });
  const create = can("scripts:write") ? <Button type="primary" icon={<PlusOutlined />} onClick={() => setUrl({ form: "new" })}>{t("list.new")}</Button> : null;
  const narrowed = q !== "" || status !== "";
  const clear = <Button onClick={() => setUrl({ q: "", status: "" })}>{t("list.clear")}</Button>;
  const empty = narrowed ? (
    <EmptyState title={t("list.nothing")} text={t("list.nothingText")} actions={clear} />
  ) : (
    <EmptyState
      icon={<CodeOutlined />}
      title={t("list.empty")}
      text={t("list.emptyText")}
      actions={create}
      command={`curl -X POST ${location.origin}/api/v1/group-ai/scripts -H "Authorization: Bearer $AUTOMATION_TOKEN" -H "Content-Type: application/json" -d '{"script_id": "morning", "name": "Morning", "yaml_content": "name: Morning\\nsteps:\\n  - id: hello\\n    reply: Good morning!\\n"}'`}
    />
  );
  return (
    <Page title={t("list.title")} lead={t("list.lead")} actions={create}>
      <Space wrap style={{ marginBlockEnd: 12 }}>
        <SearchBox value={q} onChange={(value) => setUrl({ q: value }, { replace: true })} label={t("list.search")} />
        <Select
          allowClear
          placeholder={t("list.status")}
          aria-label={t("list.status")}
          value={status || null}
          style={{ minWidth: 140 }}
          options={(Object.keys(STATUS) as Script["status"][]).map((value) => ({ value, label: statuses(value) }))}
          onChange={(value) => setUrl({ status: value ?? "" })}
        />
      </Space>
      <KeysetTable<Script>
        label={t("list.title")}
        query={list}
        rowKey={(row) => row.script_id}
        columns={columnsOf(t)}
        card={(row) => <ScriptCard script={row} />}
        onOpen={(row) => void navigate(`/scripts/${encodeURIComponent(row.script_id)}`)}
        empty={empty}
      />
      {form === "new" && create ? <ScriptForm onClose={() => setUrl({ form: "" })} /> : null}
    </Page>
  );
}

function columnsOf(t: ReturnType<typeof useTexts<typeof SCRIPTS>>): TableProps<Script>["columns"] {
  return [
    { title: t("col.script"), key: "script", render: (_, row) => <Name script={row} /> },
    { title: t("col.status"), key: "status", render: (_, row) => <Status name={row.status} /> },
    { title: t("col.version"), key: "version", align: "end", render: (_, row) => <span className="tabular">{row.version}</span> },
    { title: t("col.published"), key: "published", render: (_, row) => <Published script={row} /> },
    { title: t("col.updated"), key: "updated", render: (_, row) => <When at={row.updated_at} /> },
  ];
}

function Name({ script }: { script: Script }) {
  return (
    <div style={{ minWidth: 160, maxWidth: 420 }}>
      <Link to={`/scripts/${encodeURIComponent(script.script_id)}`} className="break">{script.name}</Link> <code className="mono">{script.script_id}</code>
      {script.description ? <div className="break" style={{ color: "var(--ant-color-text-description)" }}>{script.description}</div> : null}
    </div>
  );
}

function Published({ script }: { script: Script }) {
  const t = useTexts(SCRIPTS);
  if (script.pointers.length === 0) return <span style={{ color: "var(--ant-color-text-description)" }}>{t("nowhere")}</span>;
  return (
    <Space size={4} wrap>
      {script.pointers.map((each) => (
        <Tag key={each.environment} color={each.environment === "production" ? "success" : "blue"} style={{ marginInlineEnd: 0 }}>
          {each.environment} · {t("version", { number: each.version })}
        </Tag>
      ))}
    </Space>
  );
}

function ScriptCard({ script }: { script: Script }) {
  return (
    <Card size="small">
      <div style={{ display: "flex", gap: 8, alignItems: "flex-start" }}>
        <div style={{ flex: 1, minWidth: 0 }}><Name script={script} /></div>
        <Status name={script.status} />
      </div>
      <div style={{ marginBlockStart: 8 }}><Published script={script} /></div>
    </Card>
  );
}
