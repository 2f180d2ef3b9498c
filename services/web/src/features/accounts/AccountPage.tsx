// One account: how it is and what to do about it first, then where, with which script, and how it came to be so.
import { DeleteOutlined, EditOutlined, LockOutlined, MoreOutlined, StopOutlined, UnlockOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Dropdown, Skeleton, Space, Tabs } from "antd";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { live } from "@/api/queries";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { Failure, sentenceOf } from "@/components/Failure";
import { Json } from "@/components/Json";
import { Page } from "@/components/Page";
import { WORDS } from "@/components/texts";
import { useUrlState } from "@/components/urlState";
import { AccountForm } from "./AccountForm";
import { type Account, hold, readAccount, release, remove, stop } from "./api";
import { History } from "./History";
import { HoldModal } from "./HoldModal";
import { AccountState, Notes } from "./marks";
import { Output } from "./Output";
import { Overview } from "./Overview";
import { SwitchButton } from "./SwitchButton";
import { ACCOUNTS, ONE } from "./texts";

export function Component() {
  const { accountId = "" } = useParams();
  const t = useTexts(ONE);
  const { can } = useSession();
  const [{ tab, form }, setUrl] = useUrlState({ tab: "overview", form: "" });
  const account = useQuery({ ...live, queryKey: ["accounts", "one", accountId], queryFn: () => readAccount(accountId) });
  const trail = <Link to="/accounts">{t("trail")}</Link>;
  if (!account.data) {
    return (
      <Page title={accountId} trail={trail}>
        {account.error ? <Failure error={account.error} retry={() => void account.refetch()} /> : <Skeleton active />}
      </Page>
    );
  }
  const shown = account.data;
  return (
    <Page
      title={shown.display_name}
      trail={trail}
      aside={<><AccountState name={shown.state} healthy={shown.healthy} /> <Notes account={shown} /></>}
      lead={<code className="mono">{shown.account_id}</code>}
      actions={<Actions account={shown} onEdit={() => setUrl({ form: "edit" })} />}
    >
      {account.error ? <Failure error={account.error} /> : null}
      <NextStep account={shown} />
      <Tabs
        activeKey={tab}
        onChange={(key) => setUrl({ tab: key })}
        items={[
          { key: "overview", label: t("tab.overview"), children: <Overview account={shown} /> },
          { key: "history", label: t("tab.history"), children: <History accountId={accountId} /> },
          { key: "output", label: t("tab.output"), children: can("accounts:run") ? <Output accountId={accountId} /> : <Alert type="info" title={t("output.needs")} /> },
          { key: "config", label: t("tab.config"), children: <Json value={shown.config} maxHeight={560} /> },
        ]}
      />
      {form === "edit" && can("accounts:write") ? <AccountForm account={shown} onClose={() => setUrl({ form: "" })} /> : null}
    </Page>
  );
}

/** What somebody has to do before it works again. */
function NextStep({ account }: { account: Account }) {
  const t = useTexts(ONE);
  const list = useTexts(ACCOUNTS);
  const state = account.state;
  if (account.desired === "running" && !account.runtime_live) {
    return <Alert type="warning" showIcon title={list("noRuntimeText", { server: account.server_id })} style={{ marginBlockEnd: 12 }} />;
  }
  if (account.desired !== "running" || (state !== "quarantined" && state !== "failed" && state !== "needs_login")) return null;
  return (
    <Alert
      type={state === "needs_login" ? "warning" : "error"}
      showIcon
      title={t(`next.${state}`)}
      description={account.detail ? <span className="break">{account.detail}</span> : undefined}
      style={{ marginBlockEnd: 12 }}
    />
  );
}

function Actions({ account, onEdit }: { account: Account; onEdit: () => void }) {
  const t = useTexts(ONE);
  const list = useTexts(ACCOUNTS);
  const words = useTexts(WORDS);
  const { can } = useSession();
  const { message, modal } = App.useApp();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [holding, setHolding] = useState(false);
  const refresh = () => client.invalidateQueries({ queryKey: ["accounts"] });
  const doing = useMutation({
    mutationFn: async ({ act, said }: { act: () => Promise<unknown>; said: string }) => {
      await act();
      void message.success(said);
    },
    onError: (error) => void message.error(sentenceOf(error, words("failure.title"))),
    onSettled: refresh,
  });
  const confirmDelete = () =>
    modal.confirm({
      title: t("delete.title", { name: account.display_name }),
      content: t("delete.text"),
      okText: words("delete"),
      cancelText: words("cancel"),
      okButtonProps: { danger: true },
      onOk: async () => {
        await doing.mutateAsync({ act: () => remove(account.account_id), said: t("delete.done") });
        void navigate("/accounts");
      },
    });
  const items = [
    ...(can("accounts:run") ? [{ key: "now", icon: <StopOutlined />, label: list("do.stopNow"), onClick: () => doing.mutate({ act: () => stop(account.account_id, true), said: list("do.stopped") }) }] : []),
    ...(can("accounts:write") ? [{ key: "delete", danger: true, icon: <DeleteOutlined />, label: words("delete"), onClick: () => void confirmDelete() }] : []),
  ];
  return (
    <Space wrap>
      <SwitchButton account={account} />
      {can("accounts:write") ? (
        <Space wrap>
          {account.hold ? (
            <Button icon={<UnlockOutlined />} onClick={() => doing.mutate({ act: () => release(account.account_id), said: list("do.released") })}>{list("do.release")}</Button>
          ) : (
            <Button icon={<LockOutlined />} onClick={() => setHolding(true)}>{list("do.hold")}</Button>
          )}
          <Button icon={<EditOutlined />} onClick={onEdit}>{words("edit")}</Button>
        </Space>
      ) : null}
      {items.length > 0 ? (
        <Dropdown trigger={["click"]} menu={{ items }}>
          <Button icon={<MoreOutlined />} aria-label={t("more")} />
        </Dropdown>
      ) : null}
      {holding ? (
        <HoldModal
          title={list("hold.title")}
          onClose={() => setHolding(false)}
          act={async (wish) => {
            await hold(account.account_id, wish);
            void message.success(list("do.held"));
            await refresh();
          }}
        />
      ) : null}
    </Space>
  );
}
