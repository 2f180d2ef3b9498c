// Backups: how fresh those of each database are, all of them, restore drills, and how to restore one.
import { DatabaseOutlined, PlusOutlined } from "@ant-design/icons";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Card, Select, Space, type TableProps } from "antd";
import { Link, useNavigate } from "react-router";
import { api, ask } from "@/api/client";
import { live } from "@/api/queries";
import type { paths } from "@/api/schema";
import { usePreferences } from "@/app/preferences";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { sentenceOf } from "@/components/Failure";
import { bytes, exact } from "@/components/format";
import { KeysetTable, keysetOptions } from "@/components/KeysetTable";
import { Page } from "@/components/Page";
import { Duration, When } from "@/components/Time";
import { WORDS } from "@/components/texts";
import { useUrlState } from "@/components/urlState";
import { BackupDrawer } from "./BackupDrawer";
import { DrillButton, DrillProgress, useDrill } from "./Drill";
import { type Backup, BackupState } from "./marks";
import { Sources, useSources } from "./Sources";
import { BACKUPS } from "./texts";

const DEFAULTS = { state: "", source: "", storage: "", task_id: "", open: "" };
type Query = NonNullable<paths["/api/v1/group-ai/backups"]["get"]["parameters"]["query"]>;

export function Component() {
  const t = useTexts(BACKUPS);
  const w = useTexts(WORDS);
  const navigate = useNavigate();
  const { can } = useSession();
  const { language } = usePreferences();
  const client = useQueryClient();
  const [url, setUrl] = useUrlState(DEFAULTS);
  const drill = useDrill();
  const forget = useForget();
  const { open, ...filters } = url;
  const query = useInfiniteQuery({
    ...keysetOptions,
    ...live,
    queryKey: ["backups", "list", filters],
    queryFn: ({ pageParam }) => ask(api.GET("/api/v1/group-ai/backups", { params: { query: { ...filters, limit: 50, cursor: pageParam } as Query } })),
  });
  const show = (backup: Backup) => setUrl({ open: backup.id });
  const filtered = Object.values(filters).some(Boolean);

  const buttons = (backup: Backup) => {
    const runId = drill.runOf(backup);
    return (
      <Space size={6} wrap>
        <DrillButton backup={backup} running={!!backup.verify_run_id} onStart={drill.start} />
        {can("backups:write") && (backup.state === "failed" || backup.state === "pruned") ? (
          <Button size="small" type="text" danger onClick={() => forget(backup)}>
            {t("forget")}
          </Button>
        ) : null}
        {runId ? <DrillProgress compact runId={runId} onEnd={() => void client.invalidateQueries({ queryKey: ["backups"] })} /> : null}
      </Space>
    );
  };
  const source = (backup: Backup) => (
    <Button
      type="link"
      aria-label={t("detail.open", { source: backup.source, time: exact(new Date(backup.started_at), language) })}
      onClick={() => show(backup)}
      style={{ padding: 0, height: "auto", whiteSpace: "normal", textAlign: "start", maxWidth: 320 }}
    >
      <span className="break">{backup.source}</span>
    </Button>
  );
  const columns: TableProps<Backup>["columns"] = [
    { title: t("col.started"), key: "started", render: (_, backup) => <When at={backup.started_at} /> },
    { title: t("col.source"), key: "source", render: (_, backup) => source(backup) },
    {
      title: t("col.state"),
      key: "state",
      render: (_, backup) => (
        <div style={{ maxWidth: 340 }}>
          <BackupState backup={backup} />
          <Problem backup={backup} />
        </div>
      ),
    },
    { title: t("col.size"), key: "size", align: "end", render: (_, backup) => <span className="tabular">{backup.size === null ? "–" : bytes(backup.size, language)}</span> },
    { title: t("col.took"), key: "took", render: (_, backup) => <Duration seconds={took(backup)} /> },
    { title: t("col.task"), key: "task", render: (_, backup) => <Task backup={backup} /> },
    { title: w("actions"), key: "actions", render: (_, backup) => buttons(backup) },
  ];
  const make = can("tasks:write") ? (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => void navigate("/templates/backup-nightly")}>
      {t("new")}
    </Button>
  ) : null;
  return (
    <Page title={t("title")} lead={t("lead")} actions={make}>
      <Sources chosen={filters.source} onChoose={(chosen) => setUrl({ source: chosen })} />
      <Filters filters={filters} onChange={setUrl} />
      <KeysetTable<Backup>
        label={t("title")}
        query={query}
        rowKey={(backup) => backup.id}
        columns={columns}
        onOpen={show}
        card={(backup) => (
          <Card size="small">
            {source(backup)}
            <div style={{ display: "grid", gap: 4, marginBlock: 6 }}>
              <BackupState backup={backup} />
              <Problem backup={backup} />
              <span style={{ color: "var(--ant-color-text-description)" }}>
                <When at={backup.started_at} /> · {backup.size === null ? "–" : bytes(backup.size, language)} · <Duration seconds={took(backup)} />
              </span>
              <Task backup={backup} />
            </div>
            {buttons(backup)}
          </Card>
        )}
        empty={
          <EmptyState
            icon={<DatabaseOutlined />}
            title={t("empty.title")}
            text={filtered ? t("empty.filtered") : t("empty.text")}
            actions={filtered ? <Button onClick={() => setUrl({ ...DEFAULTS, open })}>{t("filter.clear")}</Button> : make}
            {...(filtered ? {} : { command: "automation backup list" })}
          />
        }
      />
      {open ? <BackupDrawer key={open} id={open} drill={drill} onClose={() => setUrl({ open: "" })} /> : null}
    </Page>
  );
}

function Problem({ backup }: { backup: Backup }) {
  if (!backup.error) return null;
  return (
    <div className="break" style={{ color: "var(--ant-color-error)" }}>
      {backup.error}
    </div>
  );
}

function Task({ backup }: { backup: Backup }) {
  return (
    <Link className="break" to={`/tasks/${backup.task_id}`} style={{ display: "inline-block", maxWidth: 240 }}>
      {backup.task_name ?? backup.task_id.slice(0, 8)}
    </Link>
  );
}

function took(backup: Backup): number | null {
  return backup.finished_at ? (new Date(backup.finished_at).getTime() - new Date(backup.started_at).getTime()) / 1_000 : null;
}

function useForget(): (backup: Backup) => void {
  const t = useTexts(BACKUPS);
  const w = useTexts(WORDS);
  const { message, modal } = App.useApp();
  const client = useQueryClient();
  const forgetting = useMutation({
    mutationFn: (backup: Backup) => ask(api.DELETE("/api/v1/group-ai/backups/{backup_id}", { params: { path: { backup_id: backup.id }, header: { "If-Match": `"${backup.version}"` } } })),
    onSettled: () => client.invalidateQueries({ queryKey: ["backups"] }),
    onError: (error) => void message.error(sentenceOf(error, w("failure.title"))),
  });
  return (backup) =>
    void modal.confirm({
      title: t("forget.title"),
      content: t("forget.text"),
      okText: t("forget"),
      cancelText: w("cancel"),
      okButtonProps: { danger: true },
      onOk: () => forgetting.mutateAsync(backup).catch(() => undefined),
    });
}

function Filters({ filters, onChange }: { filters: Record<"state" | "source" | "storage", string>; onChange: (changes: Partial<Record<"state" | "source" | "storage", string>>) => void }) {
  const t = useTexts(BACKUPS);
  const sources = useSources();
  return (
    <Space wrap size={8} style={{ marginBlockEnd: 12 }}>
      <Select
        aria-label={t("filter.state")}
        value={filters.state}
        onChange={(state) => onChange({ state })}
        style={{ minWidth: 140 }}
        options={[{ value: "", label: t("filter.state.any") }, ...(["running", "verified", "unverified", "failed", "pruned"] as const).map((state) => ({ value: state as string, label: t(`state.${state}`) }))]}
      />
      <Select
        aria-label={t("filter.source")}
        value={filters.source}
        onChange={(source) => onChange({ source })}
        style={{ minWidth: 180, maxWidth: 320 }}
        showSearch
        options={[{ value: "", label: t("filter.source.any") }, ...(sources.data?.items ?? []).map((each) => ({ value: each.source, label: each.source }))]}
      />
      <Select
        aria-label={t("filter.storage")}
        value={filters.storage}
        onChange={(storage) => onChange({ storage })}
        style={{ minWidth: 130 }}
        options={[{ value: "", label: t("filter.storage.any") }, { value: "folder", label: t("storage.folder") }, { value: "s3", label: t("storage.s3") }]}
      />
    </Space>
  );
}
