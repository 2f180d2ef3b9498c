// Which alerts the matchers mean now, while they are being written.
import { useQuery } from "@tanstack/react-query";
import { Alert, Card, Skeleton } from "antd";
import { useDeferredValue } from "react";
import { Link } from "react-router";
import { api, ask } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { calm } from "@/api/queries";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { Labels } from "./marks";
import type { Matcher } from "./matchers";
import { SILENCES } from "./silence-texts";

const SHOWN = 10;

export function SilencePreview({ matchers }: { matchers: Matcher[] }) {
  const t = useTexts(SILENCES);
  const settled = useDeferredValue(matchers);
  const complete = settled.length > 0 && settled.every((each) => each.name !== "");
  const query = useQuery({
    ...calm,
    queryKey: ["alerts", "silence-preview", settled],
    queryFn: () => ask(api.POST("/api/v1/group-ai/alert-silences/preview", { body: { matchers: settled } })),
    enabled: complete,
    retry: false,
  });
  const total = useQuery({ queryKey: ["alerts", "counts"], queryFn: () => ask(api.GET("/api/v1/group-ai/alerts/counts")) });
  const open = total.data ? [total.data.firing, total.data.pending].flatMap((each) => Object.values(each)).reduce((one, other) => one + other, 0) : 0;
  const found = query.data;
  return (
    <Card size="small" title={<h3 style={{ margin: 0, fontSize: 14 }}>{t("preview.title")}</h3>}>
      <div aria-live="polite">
        {!complete ? <span style={{ color: "var(--ant-color-text-description)" }}>{t("preview.incomplete")}</span> : null}
        {/* What is not finished is no failure: the form says what is wrong with it. */}
        {complete && query.error instanceof ApiProblem ? <Alert type="warning" title={query.error.errors[0]?.detail ?? query.error.detail} /> : <Failure error={query.error} />}
        {complete && query.isPending && !query.error ? <Skeleton active title={false} paragraph={{ rows: 2 }} /> : null}
        {complete && found && !query.error ? (
          <>
            <strong>{found.count === 0 ? t("preview.none") : t("preview.count", { count: found.count })}</strong>
            {open > 1 && found.count >= open ? <Alert type="warning" showIcon title={t("preview.all")} style={{ marginBlock: 8 }} /> : null}
            <ul style={{ margin: "8px 0 0", paddingInlineStart: 18, display: "grid", gap: 6 }}>
              {found.alerts.slice(0, SHOWN).map((alert) => (
                <li key={alert.id}>
                  <Link to={`/alerts/${alert.id}`} className="break">
                    {alert.labels.alertname}
                  </Link>{" "}
                  <Labels short labels={alert.labels} most={6} />
                </li>
              ))}
            </ul>
          </>
        ) : null}
      </div>
    </Card>
  );
}
