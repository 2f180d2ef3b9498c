// What can be done with one user.
import { MoreOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Dropdown, type MenuProps, Modal, Space } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { api, ask, done, type Schema } from "@/api/client";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { DryRunModal } from "@/components/DryRunModal";
import { sentenceOf } from "@/components/Failure";
import { WORDS } from "@/components/texts";
import type { Link } from "./LinkModal";
import { Sessions } from "./Sessions";
import { hostOf } from "./issuer";
import { some } from "./some";
import { PROFILE } from "./texts-profile";
import { USERS } from "./texts-users";
import type { User } from "./UsersPage";

export function UserActions({ user, onEdit, onLink }: { user: User; onEdit: () => void; onLink: (link: Link) => void }) {
  const t = useTexts(USERS);
  const w = useTexts(WORDS);
  const { can } = useSession();
  const { message, modal } = App.useApp();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [shown, setShown] = useState<"sessions" | "delete" | "unlink" | null>(null);
  const one = { params: { path: { user_id: user.id } } };
  const refused = (error: unknown) => void message.error(sentenceOf(error, w("failure.title")));
  const settled = () => client.invalidateQueries({ queryKey: ["users"] });

  const switching = useMutation({
    mutationFn: (disabled: boolean) => done(api.PUT("/api/v1/group-ai/users/{user_id}", { ...one, body: some<Schema<"UserUpdate">>({ disabled }) })),
    onSuccess: (after) => {
      const text = t(after.disabled ? "disable.done" : "enable.done", { name: user.display_name });
      const key = `user-${user.id}`;
      void message.success({
        key,
        duration: 6,
        content: after.disabled ? (
          <Space>
            {text}
            <Button size="small" type="link" onClick={() => { message.destroy(key); switching.mutate(false); }}>
              {w("undo")}
            </Button>
          </Space>
        ) : (
          text
        ),
      });
    },
    onError: refused,
    onSettled: settled,
  });
  const linking = useMutation({
    mutationFn: () => done(api.POST("/api/v1/group-ai/users/{user_id}/reset-link", one)),
    onSuccess: (made) => {
      if (made.link) onLink({ link: made.link, until: made.link_expires_at, name: user.display_name });
    },
    onError: refused,
  });
  const items: MenuProps["items"] = [
    { key: "reset", label: t("reset"), onClick: () => void modal.confirm({ title: t("reset.ask"), content: t("reset.what"), okText: t("reset"), cancelText: w("cancel"), onOk: () => linking.mutateAsync().catch(() => undefined) }) },
    ...(user.provider ? [{ key: "unlink", label: t("unlink"), onClick: () => setShown("unlink") }] : []),
    { key: "sessions", label: t("sessions"), onClick: () => setShown("sessions") },
    { key: "audit", label: t("history"), onClick: () => void navigate(`/audit?actor=${encodeURIComponent(user.name)}`) },
    { type: "divider" },
    { key: "switch", label: user.disabled ? t("enable") : t("disable"), danger: !user.disabled, onClick: () => switching.mutate(!user.disabled) },
    { key: "delete", label: t("delete"), danger: true, onClick: () => setShown("delete") },
  ];
  if (!can("users:admin")) return null;
  return (
    <>
      <Space size={4}>
        <Button size="small" onClick={onEdit}>
          {w("edit")}
        </Button>
        <Dropdown menu={{ items }} trigger={["click"]}>
          <Button size="small" type="text" icon={<MoreOutlined />} aria-label={t("more", { name: user.name })} />
        </Dropdown>
      </Space>
      {shown === "sessions" ? <SessionsModal user={user} onClose={() => setShown(null)} /> : null}
      {shown === "unlink" && user.provider ? (
        <DryRunModal
          title={t("unlink.title", { name: user.display_name, provider: user.provider === "proxy" ? t("unlink.proxy") : hostOf(user.provider) })}
          confirm={t("unlink")}
          danger
          onClose={() => setShown(null)}
          rehearse={() => ask(api.DELETE("/api/v1/group-ai/users/{user_id}/identities", { params: { ...one.params, query: { dry_run: "true" } } }))}
          show={() => (
            <ul style={{ paddingInlineStart: 20, marginBlock: 0 }}>
              <li>{t("unlink.sessions")}</li>
              <li>{t(user.has_password ? "unlink.password" : "unlink.no-password")}</li>
              <li>{t("unlink.instead")}</li>
            </ul>
          )}
          act={async () => {
            await ask(api.DELETE("/api/v1/group-ai/users/{user_id}/identities", one));
            void message.success(t("unlink.done", { name: user.display_name }));
            await settled();
          }}
        />
      ) : null}
      {shown === "delete" ? (
        <DryRunModal
          title={t("delete.title", { name: user.display_name })}
          confirm={t("delete")}
          danger
          onClose={() => setShown(null)}
          rehearse={() => ask(api.DELETE("/api/v1/group-ai/users/{user_id}", { params: { ...one.params, query: { dry_run: "true" } } }))}
          show={() => <Consequences user={user} />}
          act={async () => {
            await ask(api.DELETE("/api/v1/group-ai/users/{user_id}", one));
            void message.success(t("delete.done", { name: user.display_name }));
            await settled();
          }}
        />
      ) : null}
    </>
  );
}

function Consequences({ user }: { user: User }) {
  const t = useTexts(USERS);
  return (
    <>
      <ul style={{ paddingInlineStart: 20, marginBlock: 0 }}>
        <li>{t("delete.sessions", { count: user.open_sessions })}</li>
        <li>{t("delete.tokens", { count: user.live_tokens })}</li>
        <li>{t("delete.kept")}</li>
      </ul>
      <p style={{ marginBlock: "12px 0" }}>{t("delete.instead")}</p>
    </>
  );
}

function SessionsModal({ user, onClose }: { user: User; onClose: () => void }) {
  const t = useTexts(USERS);
  const p = useTexts(PROFILE);
  const w = useTexts(WORDS);
  return (
    <Modal open title={t("sessions.title", { name: user.display_name })} onCancel={onClose} footer={<Button onClick={onClose}>{w("close")}</Button>}>
      <p style={{ marginBlock: "0 8px", color: "var(--ant-color-text-description)" }}>{p("sessions.lead")}</p>
      <Sessions userId={user.id} />
    </Modal>
  );
}
