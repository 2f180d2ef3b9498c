// Who plays a script, in which version, and which tasks publish it.
import { WarningFilled } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Card, Skeleton, Space, Table, Tag } from "antd";
import { Link } from "react-router";
import { live } from "@/api/queries";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { readUsages } from "./api";
import { SCRIPTS } from "./texts";

export function Usages({ scriptId }: { scriptId: string }) {
  const t = useTexts(SCRIPTS);
  const usages = useQuery({ ...live, queryKey: ["scripts", "usages", scriptId], queryFn: () => readUsages(scriptId) });
  if (!usages.data) return usages.error ? <Failure error={usages.error} retry={() => void usages.refetch()} /> : <Skeleton active />;
  const { accounts, versions, tasks } = usages.data;
  return (
    <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 380px), 1fr))", gap: 12 }}>
      <Card size="small" title={<h2 style={{ fontSize: 15, margin: 0 }}>{t("usages.accounts")}</h2>} extra={accounts ? <Link to={`/accounts?script=${encodeURIComponent(scriptId)}`}>{t("usages.show", { count: accounts })}</Link> : null}>
        {accounts === 0 ? t("usages.none") : (
          <Table
            size="small"
            pagination={false}
            rowKey={(row) => `${row.environment}/${row.sha256 ?? ""}`}
            dataSource={versions}
            scroll={{ x: "max-content" }}
            columns={[
              { title: t("usages.environment"), dataIndex: "environment" },
              { title: t("col.version"), key: "version", render: (_, row) => (row.version ? t("version", { number: row.version }) : row.sha256 ? <code className="mono">{row.sha256.slice(0, 8)}</code> : "–") },
              { title: t("usages.count"), dataIndex: "accounts", align: "end" },
              { title: t("usages.working"), dataIndex: "working", align: "end" },
              { title: t("usages.outdated"), key: "outdated", align: "end", render: (_, row) => (row.outdated ? <Tag icon={<WarningFilled />} color="warning">{row.outdated}</Tag> : 0) },
            ]}
          />
        )}
      </Card>
      <Card size="small" title={<h2 style={{ fontSize: 15, margin: 0 }}>{t("usages.tasks")}</h2>}>
        {tasks.length === 0 ? t("usages.noTasks") : (
          <ul style={{ margin: 0, paddingInlineStart: 20, display: "grid", gap: 4 }}>
            {tasks.map((each) => (
              <li key={each.id}><Space wrap><Link to={`/tasks/${each.id}`} className="break">{each.name}</Link></Space></li>
            ))}
          </ul>
        )}
      </Card>
    </div>
  );
}
