// The groups in which channels are told of alerts, as the notifier sees them now.
import { useQuery } from "@tanstack/react-query";
import { Skeleton, Space } from "antd";
import { Link } from "react-router";
import { api, ask } from "@/api/client";
import { calm } from "@/api/queries";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { When } from "@/components/Time";
import { Labels } from "./marks";
import { ALERTS } from "./texts";

/** Those that an alert is in; without a `fingerprint` all of them. */
export function ToldGroups({ fingerprint = "", none }: { fingerprint?: string; none?: string }) {
  const t = useTexts(ALERTS);
  const query = useQuery({
    ...calm,
    queryKey: ["alert-groups", fingerprint],
    queryFn: () => ask(api.GET("/api/v1/group-ai/alert-groups", { params: { query: { fingerprint, limit: 100 } } })),
  });
  if (!query.data) return query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Skeleton active title={false} />;
  if (query.data.items.length === 0) return <span style={{ color: "var(--ant-color-text-description)" }}>{none ?? t("one.told.none")}</span>;
  return (
    <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 12 }}>
      {query.data.items.map((group) => (
        <li key={group.id}>
          <Space size={8} wrap>
            <Link to={`/channels?channel=${encodeURIComponent(group.channel)}&tab=log`} className="break" style={{ fontWeight: 600 }}>
              {group.channel}
            </Link>
            <Labels labels={group.labels} />
          </Space>
          <div style={{ color: "var(--ant-color-text-description)" }}>
            {t("one.told.at")} <When at={group.told_at} /> · {t("one.told.next")} <When at={group.next_look_at} /> ·{" "}
            <Link to={`/channels?tab=log&group=${group.id}`}>{t("one.told.log")}</Link>
          </div>
        </li>
      ))}
    </ul>
  );
}
