// Calendars as cards: what is in them, when they black out next, and which tasks keep clear of them.
import { DeleteOutlined, EditOutlined, PlusOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Card, Modal, Skeleton, Space, Tag } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { api, ask, newIdempotencyKey } from "@/api/client";
import { calm } from "@/api/queries";
import { usePreferences } from "@/app/preferences";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { Failure } from "@/components/Failure";
import { useNow } from "@/components/now";
import { Page } from "@/components/Page";
import { When } from "@/components/Time";
import { WORDS } from "@/components/texts";
import { useUrlState } from "@/components/urlState";
import { curl } from "@/features/events/curl";
import { CalendarDialog } from "./CalendarDialog";
import type { Calendar } from "./contents";
import { Times } from "./Times";
import { CALENDARS } from "./texts";

export function Component() {
  const t = useTexts(CALENDARS);
  const { can } = useSession();
  const [state, setState] = useUrlState({ edit: "" });
  const [leaving, setLeaving] = useState<Calendar | null>(null);
  const query = useQuery({ queryKey: ["calendars"], queryFn: () => ask(api.GET("/api/v1/group-ai/calendars")), ...calm });
  const rows = query.data ?? [];
  const editing = state.edit === "new" ? null : rows.find((each) => each.name === state.edit);
  const create = can("tasks:write") ? <Button type="primary" icon={<PlusOutlined />} onClick={() => setState({ edit: "new" })}>{t("create")}</Button> : null;
  return (
    <Page title={t("title")} lead={t("lead")} actions={create}>
      {query.isPending ? <Skeleton active /> : null}
      <Failure error={query.error} retry={() => void query.refetch()} />
      {query.data && rows.length === 0 ? (
        <EmptyState title={t("empty.title")} text={t("empty.text")} actions={create} command={`${curl("/calendars/tw-holidays", { timezone: "Asia/Taipei", holidays: ["2026-10-10"] })} -X PUT`} />
      ) : null}
      <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 16, gridTemplateColumns: "repeat(auto-fill, minmax(min(100%, 380px), 1fr))" }}>
        {rows.map((each) => (
          <li key={each.name}>
            <CalendarCard calendar={each} onEdit={() => setState({ edit: each.name })} onDelete={() => setLeaving(each)} />
          </li>
        ))}
      </ul>
      {state.edit === "new" || editing ? <CalendarDialog calendar={editing ?? null} others={rows} onClose={() => setState({ edit: "" })} /> : null}
      {leaving ? <DeleteDialog calendar={leaving} onClose={() => setLeaving(null)} /> : null}
    </Page>
  );
}

function CalendarCard({ calendar, onEdit, onDelete }: { calendar: Calendar; onEdit: () => void; onDelete: () => void }) {
  const t = useTexts(CALENDARS);
  const words = useTexts(WORDS);
  const { can } = useSession();
  const now = useNow();
  const contents = (["holidays", "dates", "weekly"] as const).flatMap((each) => (calendar[each].length > 0 ? [t(`contents.${each}`, { count: calendar[each].length })] : []));
  const first = calendar.times[0];
  const isNow = first !== undefined && Date.parse(first.from) <= now.getTime() && now.getTime() < Date.parse(first.to);
  return (
    <Card
      style={{ height: "100%" }}
      styles={{ header: { paddingInline: 16 } }}
      title={<h2 className="break" style={{ margin: 0, fontSize: 16 }}>{calendar.name} {isNow ? <Tag color="warning">{t("now")}</Tag> : null}</h2>}
      extra={
        can("tasks:write") ? (
          <Space>
            <Button type="text" icon={<EditOutlined />} aria-label={`${words("edit")} ${calendar.name}`} onClick={onEdit} />
            <Button type="text" danger icon={<DeleteOutlined />} aria-label={`${t("delete")} ${calendar.name}`} onClick={onDelete} />
          </Space>
        ) : null
      }
    >
      {calendar.description ? <p className="break" style={{ margin: "0 0 8px" }}>{calendar.description}</p> : null}
      <p style={{ margin: "0 0 12px", color: "var(--ant-color-text-description)" }}>
        {[calendar.timezone, ...contents].join(" · ")}
      </p>
      <h3 style={{ fontSize: 14, margin: "0 0 4px" }}>{t("next")}</h3>
      <Times times={calendar.times} zone={calendar.timezone} />
      <h3 style={{ fontSize: 14, margin: "12px 0 4px" }}>{t("users")}</h3>
      {calendar.used_by.length === 0 ? <span style={{ color: "var(--ant-color-text-description)" }}>{t("users.none")}</span> : (
        <Space wrap size={[12, 0]}>{calendar.used_by.map((each) => <Link key={each.id} to={`/tasks/${each.id}`} className="break">{each.name}</Link>)}</Space>
      )}
      <p style={{ margin: "12px 0 0", color: "var(--ant-color-text-description)" }}>{t("updated", { name: calendar.updated_by ?? "–" })} <When at={calendar.updated_at} /></p>
    </Card>
  );
}

function DeleteDialog({ calendar, onClose }: { calendar: Calendar; onClose: () => void }) {
  const t = useTexts(CALENDARS);
  const words = useTexts(WORDS);
  const { message } = App.useApp();
  const client = useQueryClient();
  const used = calendar.used_by.length > 0;
  const remove = useMutation({
    mutationFn: () => ask(api.DELETE("/api/v1/group-ai/calendars/{name}", { params: { path: { name: calendar.name }, header: { "Idempotency-Key": newIdempotencyKey() } } })),
    onSuccess: async () => {
      void message.success(t("deleted", { name: calendar.name }));
      await client.invalidateQueries({ queryKey: ["calendars"] });
      onClose();
    },
  });
  const { language } = usePreferences();
  return (
    <Modal open title={t("delete.title", { name: calendar.name })} onCancel={onClose} cancelText={words("cancel")} okText={t("delete")} okButtonProps={{ danger: true, disabled: used, loading: remove.isPending }} onOk={() => remove.mutate()}>
      <p>{used ? t("delete.used") : t("delete.text")}</p>
      {used ? <p>{new Intl.ListFormat(language).format(calendar.used_by.map((each) => each.name))}</p> : null}
      <Failure error={remove.error} />
    </Modal>
  );
}
