// What there is to know of an account now: wanted against actual, the script, the place.
import { CheckCircleFilled, WarningFilled } from "@ant-design/icons";
import { Card, Descriptions, type DescriptionsProps, Space, Tag } from "antd";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { useTexts } from "@/app/texts";
import { When } from "@/components/Time";
import type { Account } from "./api";
import { AccountState, Hold, Wanted } from "./marks";
import { ONE } from "./texts";

type Items = NonNullable<DescriptionsProps["items"]>;

export function Overview({ account }: { account: Account }) {
  const t = useTexts(ONE);
  return (
    <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 340px), 1fr))", gap: 12 }}>
      <Part title={t("now")} items={nowOf(account, t)} />
      <Part title={t("script")} items={scriptOf(account, t)} />
      <Part title={t("place")} items={placeOf(account, t)} />
    </div>
  );
}

function Part({ title, items }: { title: string; items: [string, ReactNode][] }) {
  const shown: Items = items.map(([label, children]) => ({ key: label, label, children }));
  return (
    <Card size="small" title={<h2 style={{ fontSize: 15, margin: 0 }}>{title}</h2>}>
      <Descriptions column={1} size="small" items={shown} />
    </Card>
  );
}

type Translate = ReturnType<typeof useTexts<typeof ONE>>;

function nowOf(account: Account, t: Translate): [string, ReactNode][] {
  const health = account.healthy === null ? t("healthy.none") : t(account.healthy ? "healthy.yes" : "healthy.no");
  return [
    [t("wanted"), <Space key="w" wrap><Wanted account={account} /><Hold hold={account.hold} /></Space>],
    [t("actual"), <Space key="a" wrap><AccountState name={account.state} healthy={account.healthy} />{account.since ? <When at={account.since} /> : null}</Space>],
    [t("detail"), <span key="d" className="break">{account.detail ?? "–"}</span>],
    [t("wantedBy"), <Space key="b" wrap>{account.desired_by ?? "–"}{account.desired_run_id ? <Link to={`/runs/${account.desired_run_id}`}>{t("byRun")}</Link> : null}</Space>],
    [t("wantedAt"), <When key="at" at={account.desired_at} />],
    [t("healthy"), health],
    [t("pid"), <span key="p" className="tabular">{account.pid ?? "–"}</span>],
    [t("restarts"), <span key="r" className="tabular">{account.restarts}</span>],
    [t("generation"), t("generationText", { done: account.state_generation, wanted: account.generation })],
  ];
}

function scriptOf(account: Account, t: Translate): [string, ReactNode][] {
  if (!account.script_id) return [[t("script"), t("scriptNone")]];
  const same = account.running_script_version !== null && account.running_script_version === account.script_version;
  const runs = account.running_script_version ? (
    <Space size={4}>
      <code className="mono">{account.running_script_version.slice(0, 12)}</code>
      {same ? <Tag icon={<CheckCircleFilled />} color="success">{t("same")}</Tag> : <WarningFilled style={{ color: "var(--ant-color-warning)" }} aria-hidden />}
    </Space>
  ) : "–";
  return [
    [t("script"), <Link key="s" to={`/scripts/${encodeURIComponent(account.script_id)}`}>{account.script_id}</Link>],
    [t("environment"), account.environment],
    [t("toRun"), account.script_version ? <code key="v" className="mono">{account.script_version.slice(0, 12)}</code> : "–"],
    [t("runs"), runs],
    [t("before"), account.previous_script_version ? <code key="b" className="mono">{account.previous_script_version.slice(0, 12)}</code> : "–"],
  ];
}

function placeOf(account: Account, t: Translate): [string, ReactNode][] {
  const tags = (words: string[], color: string) => (words.length ? <Space key={color} size={4} wrap>{words.map((each) => <Tag key={each} color={color}>{each}</Tag>)}</Space> : "–");
  return [
    [t("server"), <Link key="s" to={`/accounts?server=${encodeURIComponent(account.server_id)}`}>{account.server_id}</Link>],
    [t("runtime"), <Link key="r" to="/runtimes"><Tag color={account.runtime_live ? "success" : "warning"}>{t(account.runtime_live ? "runtime.live" : "runtime.silent")}</Tag></Link>],
    [t("groups"), tags(account.group_ids, "blue")],
    [t("tags"), tags(account.tags, "default")],
    [t("created"), <Space key="c"><When at={account.created_at} />{account.created_by}</Space>],
    [t("updated"), <When key="u" at={account.updated_at} />],
  ];
}
