// Which rule tells whom: all rules by target, those that tell nobody last.
import { useQuery } from "@tanstack/react-query";
import { Card, Skeleton, Space } from "antd";
import { Link } from "react-router";
import { api, ask } from "@/api/client";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { AlertLevel } from "./marks";
import type { Rule } from "./rules";
import { SETTINGS } from "./settings-texts";

const MOST = 200;

export function Routing() {
  const t = useTexts(SETTINGS);
  const query = useQuery({ queryKey: ["alert-rules", "all"], queryFn: () => ask(api.GET("/api/v1/group-ai/alert-rules", { params: { query: { limit: MOST } } })) });
  if (!query.data) return query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Skeleton active />;
  if (query.data.items.length === 0) return <Card>{t("route.none")}</Card>;
  return (
    <Card style={{ maxWidth: 980 }}>
      <p style={{ marginBlockStart: 0, color: "var(--ant-color-text-description)" }}>{t("route.lead")}</p>
      <dl style={{ display: "grid", gap: 12, margin: 0 }}>
        {byTarget(query.data.items).map(([target, rules]) => (
          <div key={target} style={{ display: "flex", flexWrap: "wrap", gap: 8 }}>
            <dt className="break" style={{ flex: "0 0 220px", fontWeight: 600 }}>
              {target === "" ? t("route.nobody") : target.includes("@") ? target : <Link to={`/channels?open=${encodeURIComponent(target)}`}>{target}</Link>}
            </dt>
            <dd style={{ flex: "1 1 300px", margin: 0, minWidth: 0 }}>
              <Space wrap size={[12, 6]}>
                {rules.map((rule) => (
                  <Space key={rule.id} size={4}>
                    <AlertLevel level={rule.alert_level} />
                    <Link className="break" to={`/alert-rules?open=${rule.id}`}>
                      {rule.name}
                    </Link>
                  </Space>
                ))}
              </Space>
            </dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

function byTarget(rules: Rule[]): [string, Rule[]][] {
  const found = new Map<string, Rule[]>();
  for (const rule of rules) {
    const targets = (rule.notification_target ?? "").split(",").map((each) => each.trim()).filter(Boolean);
    for (const target of targets.length > 0 ? targets : [""]) found.set(target, [...(found.get(target) ?? []), rule]);
  }
  return [...found].sort(([one], [other]) => (one === "" ? 1 : other === "" ? -1 : one.localeCompare(other)));
}
