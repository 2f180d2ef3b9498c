// What is done with many accounts at once: a bar that appears with the selection, and a rehearsal before anything is.
import { LockOutlined, PlayCircleOutlined, StopOutlined, UnlockOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Space, Tag } from "antd";
import { useState } from "react";
import type { Schema } from "@/api/client";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { DryRunModal } from "@/components/DryRunModal";
import { type Action, bodyOf, type BulkBody, type BulkResult, changeMany, type Filter, rehearseBulk } from "./api";
import { HoldModal } from "./HoldModal";
import { AccountState } from "./marks";
import { ACCOUNTS } from "./texts";

type Fate = BulkResult["items"][number]["outcome"];
const FATES: Record<Fate, string> = { changed: "processing", underway: "default", noop: "default", held: "purple", inactive: "default", gone: "error" };

interface Props {
  selected: string[];
  /** All that match, instead of those selected one by one. */
  whole: boolean;
  filter: Filter;
  total: number | undefined;
  onWhole: () => void;
  onClear: () => void;
}

export function BulkBar({ selected, whole, filter, total, onWhole, onClear }: Props) {
  const t = useTexts(ACCOUNTS);
  const { can } = useSession();
  const [action, setAction] = useState<Action | null>(null);
  if (selected.length === 0) return null;
  const meant = whole ? { filter: bodyOf(filter) } : { account_ids: selected };
  return (
    <div
      role="region"
      aria-label={t("bulk.label")}
      style={{ position: "sticky", insetBlockEnd: 8, zIndex: 5, display: "flex", flexWrap: "wrap", gap: 8, alignItems: "center", padding: 12, borderRadius: 8, background: "var(--ant-color-bg-elevated)", boxShadow: "var(--ant-box-shadow)" }}
    >
      <strong role="status">{whole ? t("bulk.filter", { count: total ?? 0 }) : t("bulk.selected", { count: selected.length })}</strong>
      {!whole && total !== undefined && total > selected.length ? <Button type="link" size="small" onClick={onWhole}>{t("bulk.takeFilter", { count: total })}</Button> : null}
      <Button type="link" size="small" onClick={onClear}>{t("bulk.clear")}</Button>
      <Space wrap style={{ marginInlineStart: "auto" }}>
        {can("accounts:run") ? (
          <Space wrap>
            <Button icon={<PlayCircleOutlined />} onClick={() => setAction("start")}>{t("do.start")}</Button>
            <Button icon={<StopOutlined />} danger onClick={() => setAction("stop")}>{t("do.stop")}</Button>
          </Space>
        ) : null}
        {can("accounts:write") ? (
          <Space wrap>
            <Button icon={<LockOutlined />} onClick={() => setAction("hold")}>{t("do.hold")}</Button>
            <Button icon={<UnlockOutlined />} onClick={() => setAction("release")}>{t("do.release")}</Button>
          </Space>
        ) : null}
      </Space>
      {action ? <BulkDialog action={action} meant={meant} onClose={() => setAction(null)} onDone={onClear} /> : null}
    </div>
  );
}

interface DialogProps {
  action: Action;
  meant: Pick<BulkBody, "account_ids"> | Pick<BulkBody, "filter">;
  onClose: () => void;
  onDone: () => void;
}

function BulkDialog({ action, meant, onClose, onDone }: DialogProps) {
  const t = useTexts(ACCOUNTS);
  const { message } = App.useApp();
  const client = useQueryClient();
  const [hold, setHold] = useState<Schema<"HoldPut"> | null>(null);
  const count = "account_ids" in meant ? (meant.account_ids?.length ?? 0) : 0;
  if (action === "hold" && !hold) {
    const title = count ? t("hold.many", { count }) : t("bulk.title.hold");
    // Chosen first, rehearsed then.
    return <HoldModal stays title={title} onClose={onClose} act={(chosen) => Promise.resolve(setHold(chosen))} />;
  }
  const body: BulkBody = { action, ...meant, ...(hold ? { hold } : {}) };
  return (
    <DryRunModal<BulkResult>
      title={t(`bulk.title.${action}`)}
      confirm={t(`do.${action}`)}
      danger={action === "stop"}
      width={640}
      onClose={onClose}
      rehearse={() => rehearseBulk(body)}
      show={(plan) => <Plan plan={plan} />}
      act={async () => {
        const done = await changeMany(body);
        void message.success(t("bulk.done", { count: done.counts.changed ?? 0 }));
        await client.invalidateQueries({ queryKey: ["accounts"] });
        onDone();
      }}
    />
  );
}

function Plan({ plan }: { plan: BulkResult }) {
  const t = useTexts(ACCOUNTS);
  return (
    <div style={{ display: "grid", gap: 8 }}>
      <div>{plan.counts.changed ? t("bulk.will") : t("bulk.nothing")}</div>
      <Space wrap>
        {(Object.entries(plan.counts) as [Fate, number][]).map(([fate, count]) => (
          <Tag key={fate} color={FATES[fate] ?? "default"}>{t(`fate.${fate}`)} <strong className="tabular">{count}</strong></Tag>
        ))}
      </Space>
      {plan.without_runtime ? <Alert type="warning" showIcon title={t("bulk.noRuntime", { count: plan.without_runtime })} /> : null}
      <ul tabIndex={0} aria-label={t("list.title")} style={{ listStyle: "none", margin: 0, padding: 0, maxHeight: 300, overflow: "auto", display: "grid", gap: 4 }}>
        {plan.items.map((each) => (
          <li key={each.account_id} style={{ display: "flex", gap: 8, alignItems: "center", flexWrap: "wrap" }}>
            <span className="break" style={{ flex: 1, minWidth: 160 }}>{each.display_name ?? each.account_id} <code className="mono">{each.account_id}</code></span>
            <AccountState name={each.state} />
            <Tag color={FATES[each.outcome]} style={{ marginInlineEnd: 0 }}>{t(`fate.${each.outcome}`)}</Tag>
          </li>
        ))}
        {plan.more ? <li>{t("bulk.more", { count: plan.more })}</li> : null}
      </ul>
    </div>
  );
}
