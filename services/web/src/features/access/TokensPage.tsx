// Tokens: one's own, and for administrators all of them; made, looked at, revoked.
import { KeyOutlined, PlusOutlined } from "@ant-design/icons";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Card, Segmented, Space, type TableProps, Tag, Tooltip } from "antd";
import { api, ask, type Schema } from "@/api/client";
import { calm } from "@/api/queries";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { sentenceOf } from "@/components/Failure";
import { KeysetTable, keysetOptions } from "@/components/KeysetTable";
import { useNow } from "@/components/now";
import { Page } from "@/components/Page";
import { When } from "@/components/Time";
import { WORDS } from "@/components/texts";
import { useUrlState } from "@/components/urlState";
import { Mark, type Tone } from "./Mark";
import { useRightNames } from "./Rights";
import { ADMIN, stateOf, type TokenState } from "./rights";
import { TOKENS } from "./texts-tokens";
import { TokenForm } from "./TokenForm";

type Token = Schema<"Token">;

export function Component() {
  const t = useTexts(TOKENS);
  const w = useTexts(WORDS);
  const { session, can } = useSession();
  const mayAll = can("tokens:admin");
  const hasOwn = !!session?.user && can("tokens:own");
  const [filters, setFilters] = useUrlState({ whose: hasOwn ? "mine" : "every", show: "live", open: "" });
  const every = filters.whose === "every" && mayAll;
  const query = useTokens(every, filters.show === "live", hasOwn || mayAll);
  const columns: TableProps<Token>["columns"] = [
    { title: t("col.name"), key: "name", render: (_, token) => <Name token={token} /> },
    ...(every ? [{ title: t("col.owner"), key: "owner", render: (_: unknown, token: Token) => <Owner token={token} /> }] : []),
    { title: t("col.scopes"), key: "scopes", render: (_, token) => <Scopes scopes={token.scopes} /> },
    { title: t("col.expires"), key: "expires", render: (_, token) => <Expiry token={token} /> },
    { title: t("col.used"), key: "used", render: (_, token) => <Used token={token} /> },
    { title: w("actions"), key: "actions", align: "end", render: (_, token) => <Revoke token={token} every={every} /> },
  ];
  const add = hasOwn || mayAll ? (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => setFilters({ open: "new" })}>
      {t("new")}
    </Button>
  ) : null;
  return (
    <Page title={t("title")} lead={t("lead")} actions={add}>
      <Space wrap size={8} style={{ marginBlockEnd: 12 }}>
        {mayAll && hasOwn ? (
          <Segmented
            aria-label={t("whose")}
            value={every ? "every" : "mine"}
            onChange={(whose) => setFilters({ whose })}
            options={[
              { value: "mine", label: t("mine") },
              { value: "every", label: t("every") },
            ]}
          />
        ) : null}
        <Segmented
          aria-label={t("which")}
          value={filters.show}
          onChange={(show) => setFilters({ show })}
          options={[
            { value: "live", label: t("show.live") },
            { value: "all", label: t("show.all") },
          ]}
        />
      </Space>
      <KeysetTable<Token>
        label={t("title")}
        query={query}
        rowKey={(token) => token.id}
        columns={columns}
        card={(token) => (
          <Card size="small">
            <Name token={token} />
            {every ? <Owner token={token} /> : null}
            <div style={{ marginBlock: 6 }}>
              <Scopes scopes={token.scopes} />
            </div>
            <div>
              {t("col.expires")}: <Expiry token={token} />
            </div>
            <div style={{ marginBlockEnd: 6 }}>
              {t("col.used")}: <Used token={token} />
            </div>
            <Revoke token={token} every={every} />
          </Card>
        )}
        empty={
          every ? (
            <EmptyState icon={<KeyOutlined />} title={t("empty.every.title")} text={t("empty.every.text")} actions={add} />
          ) : (
            <EmptyState icon={<KeyOutlined />} title={t("empty.mine.title")} text={hasOwn ? t("empty.mine.text") : t("user.needed")} actions={add} command="automation token create NAME --scope tasks:read" />
          )
        }
      />
      {filters.open === "new" && add ? <TokenForm onClose={() => setFilters({ open: "" }, { replace: true })} /> : null}
    </Page>
  );
}

function useTokens(every: boolean, liveOnly: boolean, enabled: boolean) {
  return useInfiniteQuery({
    ...keysetOptions,
    ...calm,
    enabled,
    queryKey: ["tokens", every ? "every" : "mine", liveOnly],
    // The API answers all of them at once; the table wants pages.
    queryFn: async () => {
      const found = await ask(every ? api.GET("/api/v1/group-ai/tokens") : api.GET("/api/v1/group-ai/me/tokens"));
      const now = new Date();
      return { items: liveOnly ? found.filter((token) => !["expired", "revoked"].includes(stateOf(token, now))) : found, next: null };
    },
  });
}

const TONES: Record<TokenState, Tone> = { live: "good", soon: "warning", expired: "quiet", revoked: "bad" };

function Name({ token }: { token: Token }) {
  const t = useTexts(TOKENS);
  const state = stateOf(token, useNow());
  return (
    <div style={{ minWidth: 0, maxWidth: 320 }}>
      <span className="break" style={{ fontWeight: 600 }}>
        {token.name}
      </span>{" "}
      {state === "live" ? null : <Mark tone={TONES[state]}>{t(`state.${state}`)}</Mark>}
      <div className="mono" style={{ color: "var(--ant-color-text-description)" }}>{`atm_${token.id}_…`}</div>
    </div>
  );
}

function Owner({ token }: { token: Token }) {
  const t = useTexts(TOKENS);
  return token.user_name ? <span className="mono break">{token.user_name}</span> : <Tag>{t("owner.service")}</Tag>;
}

const SHOWN = 3;

function Scopes({ scopes }: { scopes: string[] }) {
  const t = useTexts(TOKENS);
  const naming = useRightNames();
  if (scopes.includes(ADMIN)) return <Mark tone="warning">{t("scopes.all")}</Mark>;
  const rest = scopes.slice(SHOWN);
  return (
    <Space wrap size={4} style={{ maxWidth: 360 }}>
      {scopes.slice(0, SHOWN).map((scope) => (
        <Tag key={scope} title={scope}>
          {naming.whole(scope)}
        </Tag>
      ))}
      {rest.length > 0 ? (
        <Tooltip title={rest.map((scope) => naming.whole(scope)).join("、")}>
          <Tag tabIndex={0} aria-label={rest.map((scope) => naming.whole(scope)).join(", ")}>
            {t("scopes.more", { count: rest.length })}
          </Tag>
        </Tooltip>
      ) : null}
    </Space>
  );
}

function Expiry({ token }: { token: Token }) {
  const t = useTexts(TOKENS);
  return token.expires_at ? <When at={token.expires_at} /> : <span>{t("expires.never")}</span>;
}

function Used({ token }: { token: Token }) {
  const t = useTexts(TOKENS);
  if (!token.last_used_at) return <span style={{ color: "var(--ant-color-text-description)" }}>{t("used.never")}</span>;
  return (
    <span>
      <When at={token.last_used_at} />
      {token.last_used_ip ? <span style={{ color: "var(--ant-color-text-description)" }}> {t("used.from", { ip: token.last_used_ip })}</span> : null}
    </span>
  );
}

function Revoke({ token, every }: { token: Token; every: boolean }) {
  const t = useTexts(TOKENS);
  const w = useTexts(WORDS);
  const { message, modal } = App.useApp();
  const client = useQueryClient();
  const revoking = useMutation({
    mutationFn: (): Promise<unknown> => {
      const options = { params: { path: { token_id: token.id } } };
      return every ? ask(api.DELETE("/api/v1/group-ai/tokens/{token_id}", options)) : ask(api.DELETE("/api/v1/group-ai/me/tokens/{token_id}", options));
    },
    onSuccess: () => void message.success(t("revoke.done", { name: token.name })),
    onError: (error) => void message.error(sentenceOf(error, w("failure.title"))),
    onSettled: () => client.invalidateQueries({ queryKey: ["tokens"] }),
  });
  if (["revoked", "expired"].includes(stateOf(token, new Date()))) return null;
  const askFirst = () =>
    modal.confirm({
      title: t("revoke.title", { name: token.name }),
      content: (
        <>
          <p>{t("revoke.what")}</p>
          <p>
            {t("revoke.used")}
            <Used token={token} />
          </p>
        </>
      ),
      okText: t("revoke"),
      okButtonProps: { danger: true },
      cancelText: w("cancel"),
      onOk: () => revoking.mutateAsync().catch(() => undefined),
    });
  return (
    <Button size="small" danger loading={revoking.isPending} aria-label={t("revoke.one", { name: token.name })} onClick={() => void askFirst()}>
      {t("revoke")}
    </Button>
  );
}
