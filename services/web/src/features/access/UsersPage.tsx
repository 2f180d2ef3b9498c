// People who may log in: found, created, changed, disabled, removed.
import { UserAddOutlined } from "@ant-design/icons";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Card, Input, Select, Space, type TableProps, Tag } from "antd";
import { useState } from "react";
import { api, ask, type Schema } from "@/api/client";
import { calm } from "@/api/queries";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { KeysetTable, keysetOptions } from "@/components/KeysetTable";
import { Page } from "@/components/Page";
import { When } from "@/components/Time";
import { WORDS } from "@/components/texts";
import { useUrlState } from "@/components/urlState";
import { hostOf } from "./issuer";
import { LinkModal, type Link } from "./LinkModal";
import { Mark } from "./Mark";
import { USERS } from "./texts-users";
import { UserActions } from "./UserActions";
import { UserForm } from "./UserForm";

export type User = Schema<"User">;
export type Role = User["role"];
export const ROLES: readonly Role[] = ["viewer", "operator", "editor", "admin"];

export function Component() {
  const t = useTexts(USERS);
  const w = useTexts(WORDS);
  const { can } = useSession();
  const [filters, setFilters] = useUrlState({ text: "", role: "", open: "" });
  const [editing, setEditing] = useState<User | null>(null);
  const [link, setLink] = useState<Link | null>(null);
  const { text, role } = filters;
  const query = useInfiniteQuery({
    ...keysetOptions,
    ...calm,
    queryKey: ["users", "list", text, role],
    queryFn: ({ pageParam }) => ask(api.GET("/api/v1/group-ai/users", { params: { query: { text, role: role as Role | "", limit: 50, cursor: pageParam } } })),
  });
  const may = can("users:admin");
  const actions = (user: User) => <UserActions user={user} onEdit={() => setEditing(user)} onLink={setLink} />;
  const columns: TableProps<User>["columns"] = [
    { title: t("col.user"), key: "user", render: (_, user) => <Who user={user} /> },
    { title: t("role"), key: "role", render: (_, user) => <RoleTag role={user.role} /> },
    { title: t("col.state"), key: "state", render: (_, user) => <UserState user={user} /> },
    { title: t("col.seen"), key: "seen", render: (_, user) => <When at={user.logged_in_at} /> },
    { title: t("col.open"), key: "open", align: "end", render: (_, user) => <span className="tabular">{`${user.open_sessions} / ${user.live_tokens}`}</span> },
    { title: w("actions"), key: "actions", align: "end", render: (_, user) => actions(user) },
  ];
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      actions={
        may ? (
          <Button type="primary" icon={<UserAddOutlined />} onClick={() => setFilters({ open: "new" })}>
            {t("new")}
          </Button>
        ) : null
      }
    >
      <Space wrap size={8} style={{ marginBlockEnd: 12 }}>
        <Input.Search key={text} aria-label={t("search")} placeholder={t("search")} defaultValue={text} allowClear maxLength={200} onSearch={(found) => setFilters({ text: found.trim() })} style={{ width: 260, maxWidth: "100%" }} />
        <Select
          aria-label={t("role")}
          value={role}
          onChange={(chosen) => setFilters({ role: chosen })}
          style={{ minWidth: 150 }}
          options={[{ value: "", label: t("role.any") }, ...ROLES.map((each) => ({ value: each as string, label: t(`role.${each}`) }))]}
        />
      </Space>
      <KeysetTable<User>
        label={t("title")}
        query={query}
        rowKey={(user) => user.id}
        columns={columns}
        {...(may ? { onOpen: setEditing } : {})}
        card={(user) => (
          <Card size="small">
            <Space size={6} wrap style={{ marginBlockEnd: 4 }}>
              <RoleTag role={user.role} />
              <UserState user={user} />
            </Space>
            <Who user={user} />
            <div style={{ color: "var(--ant-color-text-description)", marginBlock: 4 }}>
              {t("col.seen")} <When at={user.logged_in_at} /> · {t("col.open.what", { sessions: user.open_sessions, tokens: user.live_tokens })}
            </div>
            {actions(user)}
          </Card>
        )}
        empty={<EmptyState title={t("empty.title")} text={t("empty.text")} actions={<Button onClick={() => setFilters({ text: "", role: "" })}>{t("empty.clear")}</Button>} command="automation user create NAME --role operator" />}
      />
      {filters.open === "new" && may ? <UserForm onClose={() => setFilters({ open: "" }, { replace: true })} onLink={setLink} /> : null}
      {editing ? <UserForm user={editing} onClose={() => setEditing(null)} onLink={setLink} /> : null}
      {link ? <LinkModal link={link} onClose={() => setLink(null)} /> : null}
    </Page>
  );
}

function Who({ user }: { user: User }) {
  const t = useTexts(USERS);
  const { session } = useSession();
  return (
    <div style={{ minWidth: 0 }}>
      <span className="break" style={{ fontWeight: 600 }}>
        {user.display_name}
      </span>{" "}
      {session?.user?.id === user.id ? <Tag>{t("you")}</Tag> : null}
      <div className="break" style={{ color: "var(--ant-color-text-description)" }}>
        <span className="mono">{user.name}</span>
        {user.email ? ` · ${user.email}` : null}
      </div>
    </div>
  );
}

export function RoleTag({ role }: { role: Role }) {
  const t = useTexts(USERS);
  return <Tag>{t(`role.${role}`)}</Tag>;
}

function UserState({ user }: { user: User }) {
  const t = useTexts(USERS);
  if (user.disabled) return <Mark tone="bad">{t("state.disabled")}</Mark>;
  if (user.provider)
    return (
      <Space orientation="vertical" size={0}>
        <Mark tone="good">{t("state.active")}</Mark>
        <span className="break" style={{ color: "var(--ant-color-text-description)" }}>
          {user.provider === "proxy" ? t("from.proxy") : t("from.provider", { host: hostOf(user.provider) })}
        </span>
      </Space>
    );
  return user.has_password ? <Mark tone="good">{t("state.active")}</Mark> : <Mark tone="warning">{t("state.pending")}</Mark>;
}
