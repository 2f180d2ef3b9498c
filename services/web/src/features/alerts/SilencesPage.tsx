// Silences: those that hold now, those to come, those that are over; made, changed, ended, made again.
import { MutedOutlined, PlusOutlined } from "@ant-design/icons";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Card, Segmented, Space, type TableProps, Tag } from "antd";
import { Link } from "react-router";
import { api, ask } from "@/api/client";
import { calm } from "@/api/queries";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { sentenceOf } from "@/components/Failure";
import { KeysetTable, keysetOptions } from "@/components/KeysetTable";
import { Page } from "@/components/Page";
import { When } from "@/components/Time";
import { WORDS } from "@/components/texts";
import { useUrlState } from "@/components/urlState";
import { MatcherTags } from "./Matchers";
import { readMatchers } from "./matchers";
import { type Silence, SilenceForm } from "./SilenceForm";
import { SILENCES } from "./silence-texts";
import { ALERTS } from "./texts";

type State = "active" | "pending" | "expired" | "";

export function Component() {
  const t = useTexts(SILENCES);
  const w = useTexts(WORDS);
  const alerts = useTexts(ALERTS);
  const { can } = useSession();
  const [url, setUrl] = useUrlState({ state: "active", open: "", matchers: "" });
  const query = useInfiniteQuery({
    ...keysetOptions,
    ...calm,
    queryKey: ["silences", "list", url.state],
    queryFn: ({ pageParam }) =>
      ask(api.GET("/api/v1/group-ai/alert-silences", { params: { query: { state: (url.state === "any" ? "" : url.state) as State, limit: 50, cursor: pageParam } } })),
  });
  const { end, remove } = useEnding();
  const open = (silence: Silence) => setUrl({ open: silence.id });

  const buttons = (silence: Silence) =>
    can("alerts:write") ? (
      <Space size={4} wrap>
        {silence.state === "expired" ? (
          <Button size="small" onClick={() => setUrl({ open: "new", matchers: JSON.stringify(silence.matchers.map(({ name, op, value }) => [name, op, value])) })}>
            {t("again")}
          </Button>
        ) : (
          <>
            <Button size="small" onClick={() => open(silence)}>
              {w("edit")}
            </Button>
            <Button size="small" onClick={() => end(silence)}>
              {t("expire")}
            </Button>
          </>
        )}
        <Button size="small" danger type="text" onClick={() => remove(silence)}>
          {w("delete")}
        </Button>
      </Space>
    ) : null;
  const columns: TableProps<Silence>["columns"] = [
    { title: t("col.state"), key: "state", render: (_, silence) => <SilenceState state={silence.state} /> },
    {
      title: t("col.matchers"),
      key: "matchers",
      render: (_, silence) => (
        <div style={{ maxWidth: 460 }}>
          <MatcherTags matchers={silence.matchers} />
        </div>
      ),
    },
    { title: t("col.comment"), key: "comment", render: (_, silence) => <Comment silence={silence} onOpen={open} /> },
    { title: t("col.time"), key: "time", render: (_, silence) => <Period silence={silence} /> },
    { title: t("col.author"), key: "author", render: (_, silence) => <span className="break">{silence.author}</span> },
    { title: w("actions"), key: "actions", render: (_, silence) => buttons(silence) },
  ];
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      trail={<Link to="/alerts">{alerts("title")}</Link>}
      actions={
        can("alerts:write") ? (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setUrl({ open: "new" })}>
            {t("new")}
          </Button>
        ) : null
      }
    >
      <Segmented
        aria-label={t("filter.state")}
        value={url.state}
        onChange={(state) => setUrl({ state })}
        options={(["active", "pending", "expired", "any"] as const).map((state) => ({ value: state, label: t(`state.${state}`) }))}
        style={{ marginBlockEnd: 12 }}
      />
      <KeysetTable<Silence>
        label={t("title")}
        query={query}
        rowKey={(silence) => silence.id}
        columns={columns}
        onOpen={open}
        card={(silence) => (
          <Card size="small">
            <Space wrap size={8}>
              <SilenceState state={silence.state} />
              <Period silence={silence} />
            </Space>
            <div style={{ marginBlock: 6 }}>
              <MatcherTags matchers={silence.matchers} />
            </div>
            <Comment silence={silence} onOpen={open} />
            <div className="break" style={{ color: "var(--ant-color-text-description)", marginBlockEnd: 6 }}>
              {silence.author}
            </div>
            {buttons(silence)}
          </Card>
        )}
        empty={
          <EmptyState
            icon={<MutedOutlined />}
            title={t("empty.title")}
            text={url.state === "active" ? t("empty.text") : t("empty.filtered")}
            actions={can("alerts:write") ? <Button onClick={() => setUrl({ open: "new" })}>{t("new")}</Button> : null}
          />
        }
      />
      <Opened key={url.open} open={url.open} matchers={url.matchers} onClose={() => setUrl({ open: "", matchers: "" })} />
    </Page>
  );
}

function Opened({ open, matchers, onClose }: { open: string; matchers: string; onClose: () => void }) {
  const query = useQuery({
    queryKey: ["silences", "one", open],
    queryFn: () => ask(api.GET("/api/v1/group-ai/alert-silences/{silence_id}", { params: { path: { silence_id: open } } })),
    enabled: open !== "" && open !== "new",
  });
  if (open === "new") return <SilenceForm matchers={readMatchers(matchers)} onClose={onClose} />;
  return query.data && open ? <SilenceForm silence={query.data} onClose={onClose} /> : null;
}

function useEnding() {
  const t = useTexts(SILENCES);
  const w = useTexts(WORDS);
  const { message, modal } = App.useApp();
  const client = useQueryClient();
  const settled = {
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: ["silences"] });
      await client.invalidateQueries({ queryKey: ["alerts"] });
    },
    onError: (error: unknown) => void message.error(sentenceOf(error, w("failure.title"))),
  };
  const ending = useMutation({
    ...settled,
    mutationFn: (silence: Silence) => ask(api.POST("/api/v1/group-ai/alert-silences/{silence_id}/expire", { params: { path: { silence_id: silence.id } } })),
    onSuccess: () => void message.success(t("expire.done")),
  });
  const removing = useMutation({
    ...settled,
    mutationFn: (silence: Silence) => ask(api.DELETE("/api/v1/group-ai/alert-silences/{silence_id}", { params: { path: { silence_id: silence.id } } })),
  });
  const sure = (title: string, text: string, ok: string, silence: Silence, act: () => Promise<unknown>, danger = false) =>
    void modal.confirm({
      title,
      content: (
        <>
          <p>{text}</p>
          <MatcherTags matchers={silence.matchers} />
        </>
      ),
      okText: ok,
      cancelText: w("cancel"),
      okButtonProps: { danger },
      // A refusal is told by the mutation; the question is over either way.
      onOk: () => act().catch(() => undefined),
    });
  return {
    end: (silence: Silence) => sure(t("expire.title"), t("expire.text"), t("expire"), silence, () => ending.mutateAsync(silence)),
    remove: (silence: Silence) => sure(t("delete.title"), t("delete.text"), w("delete"), silence, () => removing.mutateAsync(silence), true),
  };
}

const COLOURS = { active: "processing", pending: "warning", expired: "default" } as const;

function SilenceState({ state }: { state: Silence["state"] }) {
  const t = useTexts(SILENCES);
  return (
    <Tag color={COLOURS[state]} icon={<MutedOutlined />} style={{ marginInlineEnd: 0 }}>
      {t(`state.${state}`)}
    </Tag>
  );
}

function Comment({ silence, onOpen }: { silence: Silence; onOpen: (silence: Silence) => void }) {
  return (
    <Button type="link" onClick={() => onOpen(silence)} style={{ padding: 0, height: "auto", maxWidth: 360, whiteSpace: "normal", textAlign: "start" }}>
      <span className="break">{silence.comment}</span>
    </Button>
  );
}

function Period({ silence }: { silence: Silence }) {
  const t = useTexts(SILENCES);
  if (silence.state === "pending") {
    return (
      <span style={{ whiteSpace: "nowrap" }}>
        {t("time.begins")} <When at={silence.starts_at} />
      </span>
    );
  }
  return (
    <span style={{ whiteSpace: "nowrap" }}>
      {silence.state === "active" ? t("time.left") : t("time.ended")} <When at={silence.ends_at} />
    </span>
  );
}
