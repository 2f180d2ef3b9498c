// Secrets: written and replaced, never read; who names each, and how old its value is.
import { ClockCircleOutlined, LockOutlined, PlusOutlined } from "@ant-design/icons";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Card, Input, Popover, Select, Space, type TableProps, Tag } from "antd";
import { useState } from "react";
import { api, ask } from "@/api/client";
import { calm } from "@/api/queries";
import type { paths } from "@/api/schema";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { KeysetTable, keysetOptions } from "@/components/KeysetTable";
import { useNow } from "@/components/now";
import { Page } from "@/components/Page";
import { When } from "@/components/Time";
import { WORDS } from "@/components/texts";
import { useUrlState } from "@/components/urlState";
import { isOld, OLD_DAYS } from "./age";
import { DeleteSecret } from "./DeleteSecret";
import { type Secret, SecretForm } from "./SecretForm";
import { SECRETS } from "./texts";
import { Users } from "./Users";

type Query = NonNullable<paths["/api/v1/group-ai/secrets"]["get"]["parameters"]["query"]>;
type Writing = { secret?: Secret; part: "value" | "description" };

export function Component() {
  const t = useTexts(SECRETS);
  const w = useTexts(WORDS);
  const { can } = useSession();
  const [filters, setFilters] = useUrlState({ q: "", used: "" });
  const [writing, setWriting] = useState<Writing | null>(null);
  const [removing, setRemoving] = useState<Secret | null>(null);
  const query = useInfiniteQuery({
    ...keysetOptions,
    ...calm,
    queryKey: ["secrets", "list", filters],
    queryFn: ({ pageParam }) => ask(api.GET("/api/v1/group-ai/secrets", { params: { query: { ...filters, limit: 100, cursor: pageParam } as Query } })),
  });
  const secrets = query.data?.pages.flatMap((page) => page.items) ?? [];
  const writes = can("secrets:write");
  const filtered = Object.values(filters).some(Boolean);

  const buttons = (secret: Secret) =>
    writes ? (
      <Space size={4} wrap>
        <Button size="small" onClick={() => setWriting({ secret, part: "value" })}>
          {t("replace")}
        </Button>
        <Button size="small" onClick={() => setWriting({ secret, part: "description" })}>
          {t("describe")}
        </Button>
        <Button size="small" type="text" danger onClick={() => setRemoving(secret)}>
          {w("delete")}
        </Button>
      </Space>
    ) : null;
  const columns: TableProps<Secret>["columns"] = [
    { title: t("col.name"), key: "name", render: (_, secret) => <Name secret={secret} /> },
    { title: t("col.description"), key: "description", render: (_, secret) => <div className="pre" style={{ maxWidth: 360 }}>{secret.description}</div> },
    { title: t("col.used"), key: "used", render: (_, secret) => <Used secret={secret} /> },
    { title: t("col.age"), key: "age", render: (_, secret) => <Age secret={secret} /> },
    { title: t("col.by"), key: "by", render: (_, secret) => <By secret={secret} /> },
    { title: w("actions"), key: "actions", render: (_, secret) => buttons(secret) },
  ];
  const add = writes ? (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => setWriting({ part: "value" })}>
      {t("new")}
    </Button>
  ) : null;
  return (
    <Page title={t("title")} lead={t("lead")} actions={add}>
      <Space wrap size={8} style={{ marginBlockEnd: 12 }}>
        <Input.Search key={filters.q} aria-label={t("filter.text")} placeholder={t("filter.text")} defaultValue={filters.q} allowClear maxLength={200} onSearch={(q) => setFilters({ q: q.trim() })} style={{ width: 260, maxWidth: "100%" }} />
        <Select
          aria-label={t("filter.used")}
          value={filters.used}
          onChange={(used) => setFilters({ used })}
          style={{ minWidth: 150 }}
          options={[{ value: "", label: t("filter.used.any") }, { value: "true", label: t("filter.used.true") }, { value: "false", label: t("filter.used.false") }]}
        />
      </Space>
      <KeysetTable<Secret>
        label={t("title")}
        query={query}
        rowKey={(secret) => secret.name}
        columns={columns}
        {...(writes ? { onOpen: (secret: Secret) => setWriting({ secret, part: "value" }) } : {})}
        card={(secret) => (
          <Card size="small" styles={{ body: { display: "grid", gap: 6 } }}>
            <Name secret={secret} />
            {secret.description ? <div className="pre">{secret.description}</div> : null}
            <Space size={8} wrap>
              <span>{t("col.age")}</span>
              <Age secret={secret} />
              <Used secret={secret} />
            </Space>
            <span>
              {t("col.by")} <By secret={secret} />
            </span>
            {buttons(secret)}
          </Card>
        )}
        empty={<EmptyState icon={<LockOutlined />} title={t("empty.title")} text={filtered ? t("empty.filtered") : t("empty.text")} actions={filtered ? null : add} />}
      />
      {writing ? <SecretForm {...writing} taken={secrets.map((secret) => secret.name)} onClose={() => setWriting(null)} /> : null}
      {removing ? <DeleteSecret secret={removing} onClose={() => setRemoving(null)} /> : null}
    </Page>
  );
}

function Name({ secret }: { secret: Secret }) {
  return (
    <Space size={6}>
      <LockOutlined aria-hidden />
      <span className="mono break" style={{ fontWeight: 600 }}>
        {secret.name}
      </span>
    </Space>
  );
}

function Age({ secret }: { secret: Secret }) {
  const t = useTexts(SECRETS);
  const now = useNow();
  return (
    <Space size={6} wrap>
      <When at={secret.value_set_at} />
      {isOld(secret.value_set_at, now) ? (
        <Tag color="warning" icon={<ClockCircleOutlined />} style={{ marginInlineEnd: 0 }}>
          {t("age.old", { count: OLD_DAYS })}
        </Tag>
      ) : null}
    </Space>
  );
}

function Used({ secret }: { secret: Secret }) {
  const t = useTexts(SECRETS);
  if (secret.used_by.length === 0) return <span style={{ color: "var(--ant-color-text-description)" }}>{t("used.none")}</span>;
  return (
    <Popover trigger="click" title={t("used.title", { name: secret.name })} content={<Users secret={secret} />}>
      <Button type="link" size="small" style={{ padding: 0 }}>
        {t("used.count", { count: secret.used_by.length })}
      </Button>
    </Popover>
  );
}

function By({ secret }: { secret: Secret }) {
  return (
    <span className="break" style={{ color: "var(--ant-color-text-description)" }}>
      <When at={secret.updated_at} /> · {secret.updated_by}
    </span>
  );
}
