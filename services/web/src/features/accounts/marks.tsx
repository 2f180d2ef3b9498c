// How an account is, at a glance: what it does, what is wanted of it, and whether a person holds it.
import {
  CheckCircleFilled, CloseCircleFilled, KeyOutlined, LockOutlined, MinusCircleOutlined, PauseCircleOutlined, QuestionCircleOutlined,
  StopOutlined, SyncOutlined, WarningFilled,
} from "@ant-design/icons";
import { Space, Tag, Tooltip } from "antd";
import type { ReactNode } from "react";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { exact } from "@/components/format";
import type { Account } from "./api";
import { ACCOUNTS, STATES } from "./texts";

export type StateName = keyof typeof STATES;

const LOOKS: Record<StateName, { icon: ReactNode; color: string }> = {
  stopped: { icon: <MinusCircleOutlined />, color: "default" },
  starting: { icon: <SyncOutlined spin />, color: "processing" },
  needs_login: { icon: <KeyOutlined />, color: "warning" },
  working: { icon: <CheckCircleFilled />, color: "success" },
  stopping: { icon: <SyncOutlined spin />, color: "default" },
  failed: { icon: <CloseCircleFilled />, color: "error" },
  quarantined: { icon: <StopOutlined />, color: "error" },
  unknown: { icon: <QuestionCircleOutlined />, color: "default" },
};

/** `name` as the API says it; nothing said yet, and words of a newer API, are unknown. */
export function stateName(name: string | null | undefined): StateName {
  return name && name in STATES ? (name as StateName) : "unknown";
}

export function AccountState({ name, healthy }: { name: string | null | undefined; healthy?: boolean | null }) {
  const t = useTexts(STATES);
  const state = stateName(name);
  const sick = state === "working" && healthy === false;
  return (
    <Tag icon={sick ? <WarningFilled /> : LOOKS[state].icon} color={sick ? "warning" : LOOKS[state].color} style={{ marginInlineEnd: 0 }}>
      {t(state)}
    </Tag>
  );
}

/** Whether an account is as it is wanted, or on its way. */
export function isAsWanted(account: Pick<Account, "desired" | "state">): boolean {
  if (account.desired === "running") return account.state === "working" || account.state === "starting";
  return account.state === null || account.state === "stopped" || account.state === "stopping";
}

export function Wanted({ account }: { account: Pick<Account, "desired" | "state" | "desired_by"> }) {
  const t = useTexts(ACCOUNTS);
  const differs = !isAsWanted(account);
  return (
    <Tooltip title={[differs ? t("want.differs") : "", account.desired_by ? t("want.by", { by: account.desired_by }) : ""].filter(Boolean).join(" · ")}>
      <span style={{ whiteSpace: "nowrap", color: differs ? "var(--ant-color-warning)" : "inherit" }}>
        {differs ? <WarningFilled style={{ marginInlineEnd: 4 }} aria-label={t("want.differs")} /> : null}
        {t(`want.${account.desired}`)}
      </span>
    </Tooltip>
  );
}

export function Hold({ hold }: { hold: Account["hold"] }) {
  const t = useTexts(ACCOUNTS);
  const { language } = usePreferences();
  if (!hold) return null;
  const until = hold.until ? t("hold.until", { until: exact(new Date(hold.until), language) }) : t("hold.forGood");
  return (
    <Tooltip title={`${hold.by ? t("hold.by", { by: hold.by }) + " " : ""}${until}`}>
      <Tag icon={<LockOutlined />} color="purple" style={{ marginInlineEnd: 0 }}>{t(`hold.${hold.state}`)}</Tag>
    </Tooltip>
  );
}

/** All that is out of the ordinary about an account. */
export function Notes({ account }: { account: Account }) {
  const t = useTexts(ACCOUNTS);
  const other = account.state === "working" && account.script_version !== null && account.running_script_version !== account.script_version;
  return (
    <Space size={4} wrap>
      <Hold hold={account.hold} />
      {account.active ? null : <Tag icon={<PauseCircleOutlined />} style={{ marginInlineEnd: 0 }}>{t("inactive")}</Tag>}
      {account.runtime_live || account.desired === "stopped" ? null : <Tag icon={<WarningFilled />} color="warning" style={{ marginInlineEnd: 0 }}>{t("noRuntime")}</Tag>}
      {other ? <Tag icon={<SyncOutlined />} color="processing" style={{ marginInlineEnd: 0 }}>{t("outdated")}</Tag> : null}
    </Space>
  );
}
