// Messages that nobody could handle: found, read, sent again where that does no harm, discarded.
import { MailOutlined } from "@ant-design/icons";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Card, Descriptions, Drawer, Segmented, Skeleton, Space, type TableProps, Tag } from "antd";
import { useState } from "react";
import { calm } from "@/api/queries";
import { useTexts } from "@/app/texts";
import { DryRunModal } from "@/components/DryRunModal";
import { EmptyState } from "@/components/EmptyState";
import { Failure } from "@/components/Failure";
import { Json } from "@/components/Json";
import { KeysetTable, keysetOptions } from "@/components/KeysetTable";
import { SearchBox } from "@/components/SearchBox";
import { When } from "@/components/Time";
import { useUrlState } from "@/components/urlState";
import { type DeadLetter, discardLetter, listLetters, readLetter, resendLetter } from "./deadApi";
import type { Rights } from "./DeadRuns";
import { jsonOf } from "./params";
import { DEAD } from "./texts";

const STATES = ["open", "resent", "discarded", "all"] as const;
const COLORS: Record<DeadLetter["state"], string> = { open: "warning", resent: "processing", discarded: "default" };

export function Letters(rights: Rights) {
  const t = useTexts(DEAD);
  const [url, setUrl] = useUrlState({ q: "", state: "open", stream: "", open: "" });
  const filter = { q: url.q, stream: url.stream, state: (url.state === "all" ? "" : url.state) as "" | "open" | "resent" | "discarded" };
  const query = useInfiniteQuery({
    queryKey: ["dead-letters", "list", filter],
    queryFn: ({ pageParam }) => listLetters(filter, pageParam),
    ...keysetOptions,
    ...calm,
  });
  const filtered = url.q !== "" || url.stream !== "" || url.state !== "open";
  return (
    <>
      <Space wrap role="group" aria-label={t("filters")} style={{ marginBlockEnd: 12 }}>
        <Segmented aria-label={t("state")} value={url.state} onChange={(state) => setUrl({ state: String(state) }, { replace: true })} options={STATES.map((each) => ({ value: each, label: t(`state.${each}`) }))} />
        <SearchBox value={url.q} onChange={(q) => setUrl({ q }, { replace: true })} label={t("search.letters")} />
        {url.stream ? <Tag closable onClose={() => setUrl({ stream: "" })}>{t("stream")}: {url.stream}</Tag> : null}
      </Space>
      <KeysetTable<DeadLetter>
        label={t("letters.label")}
        query={query}
        rowKey={(letter) => String(letter.id)}
        columns={useColumns((id) => setUrl({ open: String(id) }), (stream) => setUrl({ stream }))}
        card={(letter) => <LetterCard letter={letter} onOpen={() => setUrl({ open: String(letter.id) })} />}
        onOpen={(letter) => setUrl({ open: String(letter.id) })}
        empty={
          filtered ? (
            <EmptyState icon={<MailOutlined />} title={t("empty.filtered")} text={t("empty.filtered.text")} actions={<Button onClick={() => setUrl({ q: "", stream: "", state: "all" })}>{t("empty.showAll")}</Button>} />
          ) : (
            <EmptyState icon={<MailOutlined />} title={t("empty.letters")} text={t("empty.letters.text")} actions={<Button onClick={() => setUrl({ state: "all" })}>{t("empty.showAll")}</Button>} />
          )
        }
      />
      {url.open ? <LetterDrawer id={url.open} rights={rights} onClose={() => setUrl({ open: "" })} /> : null}
    </>
  );
}

function useColumns(open: (id: number) => void, only: (stream: string) => void): TableProps<DeadLetter>["columns"] {
  const t = useTexts(DEAD);
  return [
    { title: t("subject"), dataIndex: "subject", ellipsis: true, width: 360, render: (subject: string, letter) => <Button type="link" className="mono" style={{ padding: 0, height: "auto" }} onClick={() => open(letter.id)}>{subject}</Button> },
    { title: t("stream"), dataIndex: "stream", render: (stream: string) => <Button type="text" size="small" onClick={() => only(stream)}>{stream}</Button> },
    { title: t("reason"), dataIndex: "reason", ellipsis: true, width: 360 },
    { title: t("deliveries"), dataIndex: "deliveries", align: "right", render: (count: number | null) => count ?? "–" },
    { title: t("died"), dataIndex: "created_at", render: (at: string) => <When at={at} /> },
    { title: t("state"), dataIndex: "state", render: (state: DeadLetter["state"]) => <Tag color={COLORS[state]}>{t(`state.${state}`)}</Tag> },
  ];
}

function LetterCard({ letter, onOpen }: { letter: DeadLetter; onOpen: () => void }) {
  const t = useTexts(DEAD);
  return (
    <Card size="small">
      <Button type="link" className="mono break" style={{ padding: 0, height: "auto", whiteSpace: "normal", textAlign: "start" }} onClick={onOpen}>{letter.subject}</Button>
      <div className="break" style={{ marginBlock: 4 }}>{letter.reason}</div>
      <Space wrap size={8}><Tag color={COLORS[letter.state]}>{t(`state.${letter.state}`)}</Tag><When at={letter.created_at} /></Space>
    </Card>
  );
}

function LetterDrawer({ id, rights, onClose }: { id: string; rights: Rights; onClose: () => void }) {
  const t = useTexts(DEAD);
  const query = useQuery({ queryKey: ["dead-letters", "one", id], queryFn: () => readLetter(id) });
  const letter = query.data;
  return (
    <Drawer open onClose={onClose} size={560} title={t("letter.title", { id })}>
      <Failure error={query.error} />
      {query.isPending ? <Skeleton active /> : null}
      {letter ? (
        <Space orientation="vertical" size={16} style={{ width: "100%" }}>
          <LetterButtons letter={letter} rights={rights} />
          <Descriptions
            column={1}
            size="small"
            bordered
            styles={{ label: { width: 112 } }}
            items={[
              { key: "reason", label: t("reason"), children: <span className="break">{letter.reason}</span> },
              { key: "subject", label: t("subject"), children: <span className="mono break">{letter.subject}</span> },
              { key: "stream", label: t("stream"), children: letter.stream },
              { key: "deliveries", label: t("deliveries"), children: letter.deliveries ?? "–" },
              { key: "at", label: t("died"), children: <When at={letter.created_at} as="exact" /> },
              { key: "state", label: t("state"), children: <><Tag color={COLORS[letter.state]}>{t(`state.${letter.state}`)}</Tag>{letter.decided_by ? <div>{t("decided", { name: letter.decided_by })} <When at={letter.decided_at} /></div> : null}</> },
            ]}
          />
          <section>
            <h3 style={{ fontSize: 14, margin: "0 0 4px" }}>{t(letter.payload_encoding === "base64" ? "payload.base64" : "payload")}</h3>
            <Payload letter={letter} />
          </section>
          <section>
            <h3 style={{ fontSize: 14, margin: "0 0 4px" }}>{t("headers")}</h3>
            <Json value={letter.headers} maxHeight={200} />
          </section>
        </Space>
      ) : null}
    </Drawer>
  );
}

/** JSON is shown as such; anything else as the text that it is. */
function Payload({ letter }: { letter: DeadLetter }) {
  const found = jsonOf(letter);
  if (found) return <Json value={found.value} />;
  return <pre className="pre mono" tabIndex={0} style={{ margin: 0, padding: 12, maxHeight: 320, overflow: "auto", borderRadius: 8, background: "var(--ant-color-fill-quaternary)" }}>{letter.payload}</pre>;
}

function LetterButtons({ letter, rights }: { letter: DeadLetter; rights: Rights }) {
  const t = useTexts(DEAD);
  const client = useQueryClient();
  const { message } = App.useApp();
  const [open, setOpen] = useState<"resend" | "discard" | null>(null);
  if (letter.state !== "open") return null;
  const done = async (text: string) => {
    void message.success(text);
    await Promise.all([client.invalidateQueries({ queryKey: ["dead-letters"] }), client.invalidateQueries({ queryKey: ["dashboard"] })]);
  };
  return (
    <div>
      {letter.not_resendable_because ? <Alert type="info" showIcon title={letter.not_resendable_because} style={{ marginBlockEnd: 12 }} /> : null}
      <Space wrap>
        {rights.mayRun && letter.resendable ? <Button type="primary" onClick={() => setOpen("resend")}>{t("resend")}</Button> : null}
        {rights.mayDecide ? <Button danger onClick={() => setOpen("discard")}>{t("discard")}</Button> : null}
      </Space>
      {open ? (
        <DryRunModal
          title={t(open === "resend" ? "resend.title" : "discardLetter.title")}
          confirm={t(open === "resend" ? "resend" : "discard")}
          danger={open === "discard"}
          onClose={() => setOpen(null)}
          rehearse={async () => letter}
          show={() => <p className="break">{open === "resend" ? t("resend.plan", { subject: letter.subject }) : t("discardLetter.plan")}</p>}
          act={async () => {
            if (open === "resend") await resendLetter(letter.id);
            else await discardLetter(letter.id);
            await done(t(open === "resend" ? "done.resent" : "done.discardedLetter"));
          }}
        />
      ) : null}
    </div>
  );
}
