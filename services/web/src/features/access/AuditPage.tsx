// Who changed what: filtered in the address, each entry with its fields before and after, as a file if wanted.
import { DownloadOutlined } from "@ant-design/icons";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Card, Dropdown, Space, type TableProps } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { api, ask, BASE, type Schema } from "@/api/client";
import { calm } from "@/api/queries";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { KeysetTable, keysetOptions } from "@/components/KeysetTable";
import { Page } from "@/components/Page";
import { When } from "@/components/Time";
import { useUrlState } from "@/components/urlState";
import { AuditFilters, useDeedNames } from "./AuditFilters";
import { exportPath, type Filters, NOTHING, wantedOf } from "./auditQuery";
import { ChainVerdict, useVerify, VerifyButton } from "./Chain";
import { Change } from "./Change";
import { pageOf } from "./change";
import { Mark } from "./Mark";
import { AUDIT } from "./texts-audit";

export type Entry = Schema<"AuditEntry">;

export function Component() {
  const t = useTexts(AUDIT);
  const verify = useVerify();
  const [filters, setFilters] = useUrlState(NOTHING);
  const [open, setOpen] = useState<string[]>([]);
  const query = useInfiniteQuery({
    ...keysetOptions,
    ...calm,
    queryKey: ["audit", "list", filters],
    queryFn: ({ pageParam }) => ask(api.GET("/api/v1/group-ai/audit", { params: { query: { ...wantedOf(filters, new Date()), limit: 50, cursor: pageParam } } })),
  });
  const toggle = (entry: Entry) => setOpen((before) => (before.includes(keyOf(entry)) ? before.filter((key) => key !== keyOf(entry)) : [...before, keyOf(entry)]));
  const columns: TableProps<Entry>["columns"] = [
    { title: t("col.at"), key: "at", render: (_, entry) => <When at={entry.at} as="short" /> },
    { title: t("col.who"), key: "who", render: (_, entry) => <Who entry={entry} /> },
    { title: t("col.what"), key: "what", render: (_, entry) => <What entry={entry} /> },
    { title: t("col.subject"), key: "subject", render: (_, entry) => <Subject entry={entry} /> },
    { title: t("col.from"), key: "from", render: (_, entry) => <span className="mono tabular">{entry.ip ?? "–"}</span> },
  ];
  return (
    <Page title={t("title")} lead={t("lead")} actions={
        <Space wrap>
          <VerifyButton verify={verify} />
          <Export filters={filters} />
        </Space>
      }
    >
      <ChainVerdict verify={verify} />
      <AuditFilters filters={filters} onChange={setFilters} />
      <KeysetTable<Entry>
        label={t("title")}
        query={query}
        rowKey={keyOf}
        columns={columns}
        onOpen={toggle}
        expandable={{
          expandedRowKeys: open,
          onExpand: (_, entry) => toggle(entry),
          expandedRowRender: (entry) => <Change entry={entry} onFilter={setFilters} />,
          expandIcon: ({ expanded, record }) => (
            <Button size="small" type="text" aria-expanded={expanded} aria-label={expanded ? t("fold") : t("expand")} onClick={() => toggle(record)}>
              {expanded ? "▾" : "▸"}
            </Button>
          ),
        }}
        card={(entry) => (
          <Card size="small">
            <div style={{ display: "flex", justifyContent: "space-between", gap: 8 }}>
              <What entry={entry} />
              <When at={entry.at} as="short" />
            </div>
            <Subject entry={entry} />
            <div style={{ marginBlock: 4 }}>
              <Who entry={entry} />
            </div>
            <Button size="small" aria-expanded={open.includes(keyOf(entry))} onClick={() => toggle(entry)}>
              {open.includes(keyOf(entry)) ? t("fold") : t("expand")}
            </Button>
            {open.includes(keyOf(entry)) ? <Change entry={entry} onFilter={setFilters} /> : null}
          </Card>
        )}
        empty={<EmptyState title={t("empty.title")} text={t("empty.text")} actions={<Button onClick={() => setFilters(NOTHING)}>{t("filter.clear")}</Button>} />}
      />
    </Page>
  );
}

const keyOf = (entry: Entry) => String(entry.id);

function Export({ filters }: { filters: Filters }) {
  const t = useTexts(AUDIT);
  const item = (format: "csv" | "jsonl") => ({
    key: format,
    label: (
      <a href={exportPath(BASE, filters, format, new Date())} download={`audit.${format}`}>
        {t(`export.${format}`)}
      </a>
    ),
  });
  return (
    <Dropdown menu={{ items: [{ key: "note", type: "group", label: t("export.note"), children: [item("csv"), item("jsonl")] }] }} trigger={["click"]}>
      <Button icon={<DownloadOutlined />}>{t("export")}</Button>
    </Dropdown>
  );
}

function Who({ entry }: { entry: Entry }) {
  const t = useTexts(AUDIT);
  const quiet = { color: "var(--ant-color-text-description)" };
  return (
    <div style={{ minWidth: 0 }}>
      <span className="break" style={{ fontWeight: 600 }}>
        {entry.actor}
      </span>
      {entry.token_id ? (
        <div className="mono" style={quiet}>
          {t("who.token", { id: entry.token_id })}
        </div>
      ) : null}
      {entry.run_id ? (
        <div style={quiet}>
          <Link className="mono" to={`/runs/${entry.run_id}`}>
            {t("who.run", { id: entry.run_id.slice(0, 8) })}
          </Link>
        </div>
      ) : null}
    </div>
  );
}

const BAD = /\.(denied|refused|failed|verify_failed|deleted)$/;

function What({ entry }: { entry: Entry }) {
  const naming = useDeedNames();
  return (
    <Space orientation="vertical" size={0}>
      {BAD.test(entry.verb) ? <Mark tone="bad">{naming.verb(entry.verb)}</Mark> : <span>{naming.verb(entry.verb)}</span>}
      <span className="mono" style={{ color: "var(--ant-color-text-description)" }}>
        {entry.verb}
      </span>
    </Space>
  );
}

function Subject({ entry }: { entry: Entry }) {
  const naming = useDeedNames();
  const page = pageOf(entry.subject_kind, entry.subject_id);
  const name = [entry.after, entry.before].map((view) => view?.["name"]).find((each) => typeof each === "string") as string | undefined;
  const text = name ?? entry.subject_id;
  return (
    <div style={{ minWidth: 0, maxWidth: 360 }}>
      <div style={{ color: "var(--ant-color-text-description)" }}>{naming.kind(entry.subject_kind)}</div>
      {page ? (
        <Link className="break" to={page}>
          {text}
        </Link>
      ) : (
        <span className="break">{text}</span>
      )}
      {name && name !== entry.subject_id ? (
        <div className="mono break" style={{ color: "var(--ant-color-text-description)" }}>
          {entry.subject_id}
        </div>
      ) : null}
    </div>
  );
}
