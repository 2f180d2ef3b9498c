// How an account came to be as it is: what its runtime told, and what people and tasks did with it.
import { AuditOutlined } from "@ant-design/icons";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Collapse, Skeleton, Space, Timeline } from "antd";
import { Link } from "react-router";
import { live } from "@/api/queries";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { Failure } from "@/components/Failure";
import { Json } from "@/components/Json";
import { keysetOptions } from "@/components/KeysetTable";
import { When } from "@/components/Time";
import { WORDS } from "@/components/texts";
import { type HistoryItem, readHistory } from "./api";
import { AccountState, stateName, type StateName } from "./marks";
import { ACCOUNTS, ONE } from "./texts";

const COLORS: Partial<Record<StateName, string>> = { working: "green", failed: "red", quarantined: "red", needs_login: "orange" };

export function History({ accountId }: { accountId: string }) {
  const t = useTexts(ONE);
  const words = useTexts(WORDS);
  const history = useInfiniteQuery({
    ...keysetOptions,
    ...live,
    queryKey: ["accounts", "history", accountId],
    queryFn: ({ pageParam }) => readHistory(accountId, pageParam),
  });
  if (!history.data) return history.error ? <Failure error={history.error} retry={() => void history.refetch()} /> : <Skeleton active />;
  const items = history.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <EmptyState title={t("history.empty")} text={t("history.emptyText")} />;
  return (
    <>
      <Timeline
        items={items.map((each, index) => ({
          key: `${each.at}${each.kind}${index}`,
          color: each.kind === "state" ? (COLORS[stateName(each.to_state)] ?? "gray") : "blue",
          ...(each.kind === "deed" ? { icon: <AuditOutlined /> } : {}),
          content: <Item item={each} />,
        }))}
      />
      {history.hasNextPage ? <Button loading={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>{words("more")}</Button> : null}
    </>
  );
}

function Item({ item }: { item: HistoryItem }) {
  const t = useTexts(ONE);
  return (
    <div style={{ display: "grid", gap: 2 }}>
      <Space wrap size={8}>
        <When at={item.at} as="short" />
        {item.kind === "state" ? <AccountState name={item.to_state} healthy={item.healthy} /> : <Deed item={item} />}
        {item.actor ? <span>{t("history.by", { actor: item.actor })}</span> : null}
        {item.run_id ? <Link to={`/runs/${item.run_id}`}>{t("history.run")}</Link> : null}
        {item.pid ? <span className="tabular" style={{ color: "var(--ant-color-text-description)" }}>{t("pid")} {item.pid}</span> : null}
        {item.restarts ? <span>{t("history.exit", { count: item.restarts })}</span> : null}
      </Space>
      {item.detail ? <div className="break">{item.detail}</div> : null}
      {item.kind === "deed" && (item.before || item.after) ? <Difference item={item} /> : null}
    </div>
  );
}

function Deed({ item }: { item: HistoryItem }) {
  const t = useTexts(ONE);
  const list = useTexts(ACCOUNTS);
  const verb = item.verb ?? "";
  if (verb === "account.desired") {
    const wanted = (item.after as { desired?: string } | null)?.desired;
    return <strong>{t("verb.account.desired", { want: wanted === "running" || wanted === "stopped" ? list(`want.${wanted}`) : "" })}</strong>;
  }
  const key = `verb.${verb}`;
  return <strong>{key in ONE ? t(key as keyof typeof ONE) : t("verb.other", { verb })}</strong>;
}

function Difference({ item }: { item: HistoryItem }) {
  const words = useTexts(WORDS);
  return <Collapse ghost size="small" items={[{ key: "d", label: words("details"), children: <Json value={{ before: item.before, after: item.after }} maxHeight={240} /> }]} />;
}
