// One script: how it stands and what may become of it, its text, its versions, how it is published, who plays it.
import { RollbackOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Card, Skeleton, Space, Tabs, Tag } from "antd";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { live } from "@/api/queries";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { Page } from "@/components/Page";
import { When } from "@/components/Time";
import { useUrlState } from "@/components/urlState";
import { readScript, type Script } from "./api";
import { Content, type Draft } from "./Content";
import { Decisions } from "./Decisions";
import { Status } from "./marks";
import { Publications } from "./Publications";
import { PublishWizard } from "./PublishWizard";
import { SCRIPTS } from "./texts";
import { Usages } from "./Usages";
import { Versions } from "./Versions";

export function Component() {
  const { scriptId = "" } = useParams();
  // Keyed: what was being written belongs to one script.
  return <ScriptDetail key={scriptId} scriptId={scriptId} />;
}

function ScriptDetail({ scriptId }: { scriptId: string }) {
  const t = useTexts(SCRIPTS);
  const { can } = useSession();
  const [{ tab, publish }, setUrl] = useUrlState({ tab: "content", publish: "", run: "", from: "", to: "" });
  const [draft, setDraft] = useState<Draft | null>(null);
  const query = useQuery({ ...live, queryKey: ["scripts", "one", scriptId], queryFn: () => readScript(scriptId) });
  const trail = <Link to="/scripts">{t("list.title")}</Link>;
  if (!query.data) {
    return <Page title={scriptId} trail={trail}>{query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Skeleton active />}</Page>;
  }
  const { script, etag } = query.data;
  const use = (text: string) => {
    setDraft({ text, summary: "", etag });
    setUrl({ tab: "content" });
  };
  return (
    <Page
      title={script.name}
      trail={trail}
      aside={<><Status name={script.status} /> <Tag>{t("version", { number: script.version })}</Tag></>}
      lead={<><code className="mono">{script.script_id}</code>{script.description ? <span className="break"> · {script.description}</span> : null}</>}
      actions={<Decisions script={script} onPublish={() => setUrl({ publish: "new" })} />}
    >
      {query.error ? <Failure error={query.error} /> : null}
      <Pointers script={script} onRollback={(environment) => setUrl({ publish: `back:${environment}` })} onCompare={(from) => setUrl({ tab: "versions", from: String(from), to: String(script.version) })} />
      <Tabs
        activeKey={tab}
        onChange={(key) => setUrl({ tab: key })}
        items={[
          { key: "content", label: t("tab.content"), children: <Content script={script} etag={etag} draft={draft} onDraft={setDraft} /> },
          { key: "versions", label: t("tab.versions"), children: <Versions script={script} {...(can("scripts:write") ? { onUse: use } : {})} /> },
          { key: "publications", label: t("tab.publications"), children: <Publications script={script} /> },
          { key: "usages", label: t("tab.usages"), children: <Usages scriptId={scriptId} /> },
        ]}
      />
      {publish && can("tasks:run") ? (
        <PublishWizard
          script={script}
          rollbackIn={publish.startsWith("back:") ? publish.slice("back:".length) : null}
          onClose={() => setUrl({ publish: "" })}
          onStarted={(run) => setUrl({ publish: "", tab: "publications", run })}
        />
      ) : null}
    </Page>
  );
}

interface PointersProps {
  script: Script;
  onRollback: (environment: string) => void;
  onCompare: (version: number) => void;
}

function Pointers({ script, onRollback, onCompare }: PointersProps) {
  const t = useTexts(SCRIPTS);
  const { can } = useSession();
  if (script.pointers.length === 0) return <p style={{ color: "var(--ant-color-text-description)" }}>{t("pointers.none")}</p>;
  return (
    <ul aria-label={t("pointers.title")} style={{ listStyle: "none", margin: "0 0 8px", padding: 0, display: "flex", flexWrap: "wrap", gap: 12 }}>
      {script.pointers.map((each) => (
        <li key={each.environment} style={{ flex: "0 1 360px", minWidth: "min(100%, 260px)" }}>
          <Card size="small">
            <Space wrap size={8}>
              <Tag color={each.environment === "production" ? "success" : "blue"}>{each.environment}</Tag>
              <strong>{t("version", { number: each.version })}</strong>
              <When at={each.published_at} />
            </Space>
            <div style={{ color: "var(--ant-color-text-description)" }}>
              {each.published_by ? <span className="break">{t("pointers.by", { by: each.published_by })}</span> : null}
              {each.previous_version ? <span> · {t("pointers.before", { number: each.previous_version })}</span> : null}
            </div>
            {each.version !== script.version || each.previous_version ? (
              <Space wrap style={{ marginBlockStart: 6 }}>
                {each.version !== script.version ? <Button size="small" onClick={() => onCompare(each.version)}>{t("pointers.compare")}</Button> : null}
                {each.previous_version && can("tasks:run") && script.status !== "disabled" ? <Button size="small" danger icon={<RollbackOutlined />} onClick={() => onRollback(each.environment)}>{t("do.rollback")}</Button> : null}
              </Space>
            ) : null}
          </Card>
        </li>
      ))}
    </ul>
  );
}
