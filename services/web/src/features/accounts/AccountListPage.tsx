// The list of accounts: what each does, what is wanted of it, and what can be done with one or with many.
import { PlusOutlined, UserOutlined } from "@ant-design/icons";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button, Card, Space, type TableProps, Tag } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { calm, live } from "@/api/queries";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { KeysetTable, keysetOptions } from "@/components/KeysetTable";
import { Page } from "@/components/Page";
import { When } from "@/components/Time";
import { useUrlState } from "@/components/urlState";
import { AccountForm } from "./AccountForm";
import { type Account, countAccounts, listAccounts, NO_FILTER, queryOf } from "./api";
import { BulkBar } from "./Bulk";
import { Filters } from "./Filters";
import { AccountState, Notes, Wanted } from "./marks";
import { SwitchButton } from "./SwitchButton";
import { ACCOUNTS } from "./texts";

export function Component() {
  const t = useTexts(ACCOUNTS);
  const { can } = useSession();
  const navigate = useNavigate();
  const [{ form, ...filter }, setUrl] = useUrlState({ ...NO_FILTER, form: "" });
  const [selected, setSelected] = useState<string[]>([]);
  const [whole, setWhole] = useState(false);
  const list = useInfiniteQuery({
    ...keysetOptions,
    ...live,
    queryKey: ["accounts", "list", filter],
    queryFn: ({ pageParam }) => listAccounts(filter, pageParam),
  });
  const counts = useQuery({ ...live, queryKey: ["accounts", "counts", filter], queryFn: () => countAccounts(filter) });
  const everything = useQuery({ ...calm, queryKey: ["accounts", "counts", NO_FILTER], queryFn: () => countAccounts(NO_FILTER) });
  const choose = (keys: string[]) => {
    setSelected(keys);
    setWhole(false);
  };
  const narrow = (changes: Partial<typeof filter>) => {
    choose([]);
    setUrl(changes, { replace: "q" in changes });
  };
  const mayWrite = can("accounts:write");
  const create = mayWrite ? <Button type="primary" icon={<PlusOutlined />} onClick={() => setUrl({ form: "new" })}>{t("list.new")}</Button> : null;
  const narrowed = Object.keys(queryOf(filter)).length > 0;
  const empty = narrowed ? (
    <EmptyState title={t("list.nothing")} text={t("list.nothingText")} actions={<Button onClick={() => narrow(NO_FILTER)}>{t("list.clear")}</Button>} />
  ) : (
    <EmptyState
      icon={<UserOutlined />}
      title={t("list.empty")}
      text={t("list.emptyText")}
      actions={create}
      command={`curl -X POST ${location.origin}/api/v1/group-ai/accounts -H "Authorization: Bearer $AUTOMATION_TOKEN" -H "Content-Type: application/json" -d '{"account_id": "a1", "display_name": "A1", "script_id": "morning"}'`}
    />
  );
  return (
    <Page title={t("list.title")} lead={t("list.lead")} aside={counts.data ? <Tag>{t("list.count", { count: counts.data.total })}</Tag> : null} actions={create}>
      {narrowed || (everything.data?.total ?? 0) > 0 ? <Filters filter={filter} counts={counts.data} onChange={narrow} /> : null}
      <KeysetTable<Account>
        label={t("list.title")}
        query={list}
        rowKey={(row) => row.account_id}
        columns={columnsOf(t)}
        card={(row) => <AccountCard account={row} />}
        onOpen={(row) => void navigate(`/accounts/${encodeURIComponent(row.account_id)}`)}
        selected={selected}
        {...(can("accounts:run") ? { onSelect: choose } : {})}
        empty={empty}
      />
      <BulkBar selected={selected} whole={whole} filter={filter} total={counts.data?.total} onWhole={() => setWhole(true)} onClear={() => choose([])} />
      {form === "new" && mayWrite ? <AccountForm onClose={() => setUrl({ form: "" })} /> : null}
    </Page>
  );
}

type Translate = ReturnType<typeof useTexts<typeof ACCOUNTS>>;

function columnsOf(t: Translate): TableProps<Account>["columns"] {
  return [
    { title: t("col.account"), key: "account", render: (_, row) => <Name account={row} /> },
    { title: t("col.actual"), key: "state", render: (_, row) => <AccountState name={row.state} healthy={row.healthy} /> },
    { title: t("col.desired"), key: "desired", render: (_, row) => <Wanted account={row} /> },
    { title: "", key: "notes", render: (_, row) => <Notes account={row} /> },
    { title: t("col.script"), key: "script", render: (_, row) => (row.script_id ? <Link to={`/scripts/${encodeURIComponent(row.script_id)}`}>{row.script_id}</Link> : "–") },
    { title: t("col.server"), dataIndex: "server_id", key: "server" },
    { title: t("col.groups"), key: "groups", render: (_, row) => <Labels account={row} /> },
    { title: t("col.since"), key: "since", render: (_, row) => (row.since ? <When at={row.since} /> : "–") },
    { title: "", key: "act", align: "end", render: (_, row) => <SwitchButton account={row} size="small" /> },
  ];
}

function Name({ account }: { account: Account }) {
  return (
    <div style={{ minWidth: 120 }}>
      <Link to={`/accounts/${encodeURIComponent(account.account_id)}`} className="break">{account.display_name}</Link>
      <div className="mono" style={{ color: "var(--ant-color-text-description)" }}>{account.account_id}</div>
    </div>
  );
}

function Labels({ account }: { account: Account }) {
  const shown = [...account.group_ids.map((each) => ({ each, color: "blue" })), ...account.tags.map((each) => ({ each, color: "default" }))];
  return (
    <Space size={4} wrap style={{ maxWidth: 220 }}>
      {shown.slice(0, 4).map(({ each, color }) => <Tag key={`${color}${each}`} color={color} style={{ marginInlineEnd: 0 }}>{each}</Tag>)}
      {shown.length > 4 ? `+${shown.length - 4}` : null}
    </Space>
  );
}

function AccountCard({ account }: { account: Account }) {
  const t = useTexts(ACCOUNTS);
  return (
    <Card size="small">
      <div style={{ display: "flex", gap: 8, alignItems: "flex-start" }}>
        <div style={{ flex: 1, minWidth: 0 }}><Name account={account} /></div>
        <AccountState name={account.state} healthy={account.healthy} />
      </div>
      <div style={{ display: "flex", gap: 8, alignItems: "center", flexWrap: "wrap", marginBlockStart: 8 }}>
        <span>{t("col.desired")}: <Wanted account={account} /></span>
        <Notes account={account} />
        <span style={{ marginInlineStart: "auto" }}><SwitchButton account={account} size="small" /></span>
      </div>
    </Card>
  );
}
