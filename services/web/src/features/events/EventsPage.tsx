// What has come in: followed live, filtered by the address, each event with what one can do with it.
import { PauseOutlined, PlayCircleOutlined } from "@ant-design/icons";
import { AutoComplete, Button, Input, Space, Tag, Tooltip } from "antd";
import { useState } from "react";
import { usePreferences } from "@/app/preferences";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { KeysetTable } from "@/components/KeysetTable";
import { Page } from "@/components/Page";
import { When } from "@/components/Time";
import { useSettled } from "@/components/settled";
import { useUrlState } from "@/components/urlState";
import { subjectsWithFamilies } from "@/features/trigger-editor/SubjectFields";
import { useEventKinds } from "@/features/trigger-editor/useEvents";
import { curl } from "./curl";
import { EventDrawer } from "./EventDrawer";
import { type Draft, PublishDialog } from "./PublishDialog";
import { EVENTS } from "./texts";
import { type Filters, type StoredEvent, useTail } from "./useTail";

const SAMPLE: Draft = { source: "shop", type: "order.paid", data: { order: "A-1024", total: 120 } };
/** Subjects that are offered as chips. */
const MOST_CHIPS = 12;

export function Component() {
  const t = useTexts(EVENTS);
  const { can } = useSession();
  const [state, setState] = useUrlState({ subject: "", source: "", type: "", q: "", event: "", live: "on" });
  const [draft, setDraft] = useState<Draft | null>(null);
  const live = state.live === "on";
  const settled = useSettled<Filters>({ subject: state.subject, source: state.source, type: state.type, q: state.q });
  const { query, gap } = useTail(settled, live);
  const filtered = Object.values(settled).some(Boolean);
  const publish = can("events:write") ? <Button type="primary" onClick={() => setDraft(SAMPLE)}>{t("publish")}</Button> : null;
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      actions={
        <>
          <Button icon={live ? <PauseOutlined /> : <PlayCircleOutlined />} aria-pressed={live} onClick={() => setState({ live: live ? "off" : "on" }, { replace: true })}>
            {live ? t("live.on") : t("live.off")}
          </Button>
          {publish}
        </>
      }
    >
      <FilterBar state={state} onChange={(changes) => setState(changes, { replace: true })} filtered={filtered} />
      {gap ? <p role="status">{t("live.many")}</p> : null}
      <KeysetTable<StoredEvent>
        query={query}
        label={t("list.label")}
        rowKey={(row) => String(row.sequence)}
        onOpen={(row) => setState({ event: String(row.sequence) })}
        columns={[
          { title: t("col.time"), key: "time", width: 130, render: (_, row) => <When at={row.time} /> },
          { title: t("col.subject"), key: "subject", render: (_, row) => <OpenLink event={row} onOpen={() => setState({ event: String(row.sequence) })} /> },
          { title: t("col.type"), key: "type", render: (_, row) => <span className="mono break">{row.type}</span> },
          { title: t("col.source"), key: "source", render: (_, row) => <span className="mono break">{row.source}</span> },
          { title: t("col.data"), key: "data", render: (_, row) => <Excerpt event={row} width={420} /> },
        ]}
        card={(row) => (
          <div style={{ padding: 12, borderRadius: 8, border: "1px solid var(--ant-color-border-secondary)", background: "var(--ant-color-bg-container)" }}>
            <div style={{ display: "flex", gap: 8, justifyContent: "space-between" }}>
              <OpenLink event={row} onOpen={() => setState({ event: String(row.sequence) })} />
              <When at={row.time} />
            </div>
            <Excerpt event={row} width={300} />
          </div>
        )}
        empty={
          <EmptyState
            title={t(filtered ? "empty.filtered" : "empty.title")}
            text={t(filtered ? "empty.filteredText" : "empty.text")}
            actions={<>{filtered ? <Button onClick={() => setState({ subject: "", source: "", type: "", q: "" })}>{t("filter.clear")}</Button> : null}{publish}</>}
            command={curl("/events", SAMPLE)}
          />
        }
      />
      {state.event ? <EventDrawer sequence={state.event} onClose={() => setState({ event: "" })} onAgain={(again) => { setState({ event: "" }, { replace: true }); setDraft(again); }} /> : null}
      {draft ? <PublishDialog draft={draft} onClose={() => setDraft(null)} /> : null}
    </Page>
  );
}

function OpenLink({ event, onOpen }: { event: StoredEvent; onOpen: () => void }) {
  const t = useTexts(EVENTS);
  return (
    <Button type="link" className="mono break" aria-label={t("open.one", { id: `${event.subject} ${event.id}` })} onClick={onOpen} style={{ padding: 0, height: "auto", minHeight: 24, whiteSpace: "normal", textAlign: "start" }}>
      {event.subject}
    </Button>
  );
}

function Excerpt({ event, width }: { event: StoredEvent; width: number }) {
  const { language } = usePreferences();
  const text = event.data_cut ? `… ${event.data_bytes.toLocaleString(language)} B` : JSON.stringify(event.data);
  return (
    <span className="mono" style={{ display: "inline-block", maxWidth: width, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap", verticalAlign: "bottom", color: "var(--ant-color-text-description)" }}>
      {text}
    </span>
  );
}

function FilterBar({ state, onChange, filtered }: { state: Filters; onChange: (changes: Partial<Filters>) => void; filtered: boolean }) {
  const t = useTexts(EVENTS);
  const kinds = useEventKinds("").data;
  const families = subjectsWithFamilies(kinds);
  const named = (names: { name: string }[] | undefined) => (names ?? []).map((each) => ({ value: each.name }));
  const contains = { filterOption: (input: string, option?: { value: string }) => (option?.value ?? "").toLowerCase().includes(input.toLowerCase()) };
  return (
    <div role="search" aria-label={t("filter.label")} style={{ marginBlockEnd: 12 }}>
      <div style={{ display: "grid", gap: 8, gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 200px), 1fr))" }}>
        <Input aria-label={t("filter.q")} placeholder={t("filter.q")} allowClear maxLength={256} value={state.q} onChange={(event) => onChange({ q: event.target.value })} />
        <AutoComplete aria-label={t("filter.subject")} placeholder={t("filter.subject")} allowClear value={state.subject} onChange={(subject: string) => onChange({ subject: subject ?? "" })} options={named(families)} showSearch={contains} popupMatchSelectWidth={320} />
        <AutoComplete aria-label={t("filter.source")} placeholder={t("filter.source")} allowClear value={state.source} onChange={(source: string) => onChange({ source: source ?? "" })} options={named(kinds?.sources)} showSearch={contains} />
        <AutoComplete aria-label={t("filter.type")} placeholder={t("filter.type")} allowClear value={state.type} onChange={(type: string) => onChange({ type: type ?? "" })} options={named(kinds?.types)} showSearch={contains} />
      </div>
      <Space wrap size={4} style={{ marginBlockStart: 8 }}>
        {families.slice(0, MOST_CHIPS).map(({ name, count }) => (
          <Tooltip key={name} title={t("kinds.only", { subject: name, count })}>
            <Tag.CheckableTag checked={state.subject === name} onChange={(checked) => onChange({ subject: checked ? name : "" })} className="mono" style={{ minHeight: 24, cursor: "pointer", border: "1px solid var(--ant-color-border)" }}>
              {name.replace(/^event\./, "")} <span className="tabular">{count}</span>
            </Tag.CheckableTag>
          </Tooltip>
        ))}
        {filtered ? <Button size="small" type="text" onClick={() => onChange({ subject: "", source: "", type: "", q: "" })}>{t("filter.clear")}</Button> : null}
      </Space>
    </div>
  );
}
