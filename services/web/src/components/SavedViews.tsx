// Views of a page under a name: the part of its address behind the `?`, one's own or shared with everybody.
import { DownOutlined, MoreOutlined, TeamOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Checkbox, Divider, Dropdown, Input, Modal, Popover, Tag } from "antd";
import { useState } from "react";
import { Link, useLocation } from "react-router";
import { api, ask, type Schema } from "@/api/client";
import { isComposing } from "@/app/shortcuts";
import { useTexts } from "@/app/texts";
import { Failure, sentenceOf } from "./Failure";
import { focusOnceShown } from "./focusOnceShown";
import { VIEWS } from "./savedViewTexts";
import { WORDS } from "./texts";

type View = Schema<"SavedView">;

/** `transient`: parameters that are of the moment and not of the view, such as an open drawer. */
export function SavedViews({ page, transient = [] }: { page: string; transient?: readonly string[] }) {
  const t = useTexts(VIEWS);
  const [open, setOpen] = useState(false);
  const [saving, setSaving] = useState(false);
  const { search, pathname } = useLocation();
  const here = lasting(search, transient);
  const views = useQuery({
    queryKey: ["saved-views", page],
    queryFn: () => ask(api.GET("/api/v1/group-ai/saved-views", { params: { query: { page } } })),
    staleTime: 30_000,
  });
  const current = views.data?.items.find((view) => lasting(view.query, transient) === here && here !== "");
  const groups = [
    { name: t("mine"), views: views.data?.items.filter((view) => view.mine) ?? [] },
    { name: t("shared"), views: views.data?.items.filter((view) => !view.mine) ?? [] },
  ].filter((group) => group.views.length > 0);
  const content = (
    <div style={{ width: "min(320px, 80vw)", maxHeight: "60vh", overflowY: "auto" }}>
      <Failure error={views.error} retry={() => void views.refetch()} />
      {views.data && groups.length === 0 ? <p style={{ margin: 0, color: "var(--ant-color-text-description)" }}>{t("none")}</p> : null}
      {groups.map((group) => (
        <section key={group.name} aria-label={group.name}>
          <div style={{ color: "var(--ant-color-text-description)", marginBlock: 4 }}>{group.name}</div>
          {group.views.map((view) => (
            <Row key={view.id} view={view} active={view === current} here={here} pathname={pathname} onOpen={() => setOpen(false)} />
          ))}
        </section>
      ))}
      <Divider style={{ marginBlock: 8 }} />
      <Button block disabled={here === ""} onClick={() => { setOpen(false); setSaving(true); }}>{t("save")}</Button>
    </div>
  );
  return (
    <>
      <Popover trigger="click" placement="bottomLeft" open={open} onOpenChange={setOpen} content={content}>
        <Button aria-haspopup="dialog" aria-expanded={open}>
          <span style={{ maxWidth: 180, overflow: "hidden", textOverflow: "ellipsis" }}>{current?.name ?? t("views")}</span> <DownOutlined aria-hidden />
        </Button>
      </Popover>
      {saving ? <SaveDialog page={page} query={here} onClose={() => setSaving(false)} /> : null}
    </>
  );
}

function Row({ view, active, here, pathname, onOpen }: { view: View; active: boolean; here: string; pathname: string; onOpen: () => void }) {
  const t = useTexts(VIEWS);
  const w = useTexts(WORDS);
  const { message, modal } = App.useApp();
  const client = useQueryClient();
  const path = { params: { path: { view_id: view.id } } };
  const change = useMutation({
    mutationFn: (body: { query?: string; shared?: boolean } | null): Promise<unknown> =>
      body === null ? ask(api.DELETE("/api/v1/group-ai/saved-views/{view_id}", path)) : ask(api.PUT("/api/v1/group-ai/saved-views/{view_id}", { ...path, body: body as Schema<"SavedViewPut"> })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["saved-views"] }),
    onError: (error) => void message.error(sentenceOf(error, w("failure.away"))),
  });
  const items = [
    { key: "update", label: t("update"), disabled: here === "", onClick: () => change.mutate({ query: here }) },
    { key: "share", label: t(view.shared ? "share.stop" : "share.start"), onClick: () => change.mutate({ shared: !view.shared }) },
    { key: "delete", danger: true, label: t("delete"), onClick: () => void modal.confirm({ title: t("delete.sure", { name: view.name }), okText: w("delete"), okButtonProps: { danger: true }, cancelText: w("cancel"), onOk: () => change.mutateAsync(null) }) },
  ];
  return (
    <div style={{ display: "flex", alignItems: "center", gap: 4 }}>
      <Link to={`${pathname}?${view.query}`} onClick={onOpen} aria-current={active || undefined} className="break" style={{ flex: 1, minWidth: 0, padding: "6px 4px", fontWeight: active ? 600 : 400 }}>
        {view.name}
        {view.mine ? null : <span style={{ color: "var(--ant-color-text-description)" }}> {t("by", { name: view.owner })}</span>}
      </Link>
      {view.mine && view.shared ? <Tag icon={<TeamOutlined aria-hidden />}>{t("is-shared")}</Tag> : null}
      {view.mine ? (
        <Dropdown trigger={["click"]} menu={{ items }}>
          <Button type="text" size="small" icon={<MoreOutlined aria-hidden />} aria-label={t("more", { name: view.name })} />
        </Dropdown>
      ) : null}
    </div>
  );
}

function SaveDialog({ page, query, onClose }: { page: string; query: string; onClose: () => void }) {
  const t = useTexts(VIEWS);
  const w = useTexts(WORDS);
  const { message } = App.useApp();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [shared, setShared] = useState(false);
  const save = useMutation({
    mutationFn: () => ask(api.POST("/api/v1/group-ai/saved-views", { body: { page, query, name: name.trim(), shared } })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["saved-views"] });
      void message.success(t("saved"));
      onClose();
    },
  });
  return (
    <Modal open title={t("save.title")} okText={w("save")} cancelText={w("cancel")} okButtonProps={{ disabled: !name.trim(), loading: save.isPending }} onOk={() => save.mutate()} onCancel={onClose}>
      <label>
        {t("name")}
        <Input ref={focusOnceShown} maxLength={80} value={name} onChange={(event) => setName(event.target.value)} onPressEnter={(event) => !isComposing(event.nativeEvent) && name.trim() && save.mutate()} />
      </label>
      <Checkbox checked={shared} onChange={(event) => setShared(event.target.checked)} style={{ marginBlockStart: 12 }}>{t("share")}</Checkbox>
      <code className="mono break" style={{ display: "block", marginBlockStart: 12, color: "var(--ant-color-text-description)" }}>{decodeURIComponent(query.replaceAll("+", " "))}</code>
      <Failure error={save.error} />
    </Modal>
  );
}

/** A query string in one spelling, without what is of the moment. */
function lasting(search: string, transient: readonly string[]): string {
  const params = new URLSearchParams(search);
  transient.forEach((name) => params.delete(name));
  params.sort();
  return params.toString();
}
