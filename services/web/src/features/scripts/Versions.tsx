// The versions of a script, and what one changes of another, side by side.
import { DiffOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Card, Grid, Select, Skeleton, Space, Table, Tag } from "antd";
import { lazy, Suspense } from "react";
import { calm } from "@/api/queries";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { When } from "@/components/Time";
import { useUrlState } from "@/components/urlState";
import { readVersions, type Script, type Version } from "./api";
import { SCRIPTS } from "./texts";

const DiffEditor = lazy(() => import("./DiffEditor"));

export function Versions({ script, onUse }: { script: Script; onUse?: (text: string) => void }) {
  const t = useTexts(SCRIPTS);
  const wide = Grid.useBreakpoint().md ?? true;
  const [{ from, to }, setUrl] = useUrlState({ from: "", to: "" });
  const versions = useQuery({ ...calm, queryKey: ["scripts", "versions", script.script_id, script.version], queryFn: () => readVersions(script.script_id) });
  if (!versions.data) return versions.error ? <Failure error={versions.error} retry={() => void versions.refetch()} /> : <Skeleton active />;
  const all = versions.data;
  const young = all.find((each) => String(each.version) === to) ?? all[0];
  const old = all.find((each) => String(each.version) === from) ?? all.find((each) => each.version === young?.parent) ?? all.find((each) => each.version < (young?.version ?? 0));
  const stands = (row: Version) => script.pointers.filter((each) => each.version === row.version).map((each) => each.environment);
  const compare = (row: Version) => setUrl({ to: String(row.version), from: row.parent ? String(row.parent) : "" });
  return (
    <div style={{ display: "grid", gap: 16 }}>
      {wide ? (
        <Table<Version>
          size="small"
          rowKey="version"
          dataSource={all}
          pagination={all.length > 10 ? { pageSize: 10, showSizeChanger: false } : false}
          scroll={{ x: "max-content" }}
          columns={[
            { title: t("col.version"), key: "version", render: (_, row) => <Space><strong className="tabular">{row.version}</strong><code className="mono">{row.sha256.slice(0, 8)}</code></Space> },
            { title: t("versions.summary"), key: "summary", render: (_, row) => <span className="break">{row.change_summary ?? "–"}</span> },
            { title: t("versions.by"), key: "by", render: (_, row) => row.created_by ?? "–" },
            { title: t("versions.at"), key: "at", render: (_, row) => <When at={row.created_at} /> },
            { title: t("versions.approved"), key: "approved", render: (_, row) => (row.approved_at ? <Space size={4}><When at={row.approved_at} />{row.approved_by}</Space> : "–") },
            { title: t("versions.stands"), key: "stands", render: (_, row) => <Environments names={stands(row)} /> },
            { title: "", key: "act", align: "end", render: (_, row) => <VersionActions version={row} onCompare={() => compare(row)} onUse={onUse} canCompare={all.length > 1} /> },
          ]}
        />
      ) : (
        <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 8 }}>
          {all.map((row) => (
            <li key={row.version}>
              <Card size="small">
                <Space wrap><strong>{t("version", { number: row.version })}</strong><Environments names={stands(row)} /><When at={row.created_at} />{row.created_by}</Space>
                <div className="break">{row.change_summary}</div>
                <VersionActions version={row} onCompare={() => compare(row)} onUse={onUse} canCompare={all.length > 1} />
              </Card>
            </li>
          ))}
        </ul>
      )}
      {young && old ? <Comparison all={all} old={old} young={young} wide={wide} onChange={(changes) => setUrl(changes)} /> : <div style={{ color: "var(--ant-color-text-description)" }}>{t("versions.one")}</div>}
    </div>
  );
}

function Environments({ names }: { names: string[] }) {
  return <>{names.map((each) => <Tag key={each} color="success">{each}</Tag>)}</>;
}

function VersionActions({ version, onCompare, onUse, canCompare }: { version: Version; onCompare: () => void; onUse: ((text: string) => void) | undefined; canCompare: boolean }) {
  const t = useTexts(SCRIPTS);
  return (
    <Space wrap>
      {canCompare ? <Button size="small" icon={<DiffOutlined />} onClick={onCompare}>{t("versions.compare")}</Button> : null}
      {onUse ? <Button size="small" type="text" onClick={() => onUse(version.yaml_content)}>{t("versions.use")}</Button> : null}
    </Space>
  );
}

interface ComparisonProps {
  all: Version[];
  old: Version;
  young: Version;
  wide: boolean;
  onChange: (changes: { from?: string; to?: string }) => void;
}

function Comparison({ all, old, young, wide, onChange }: ComparisonProps) {
  const t = useTexts(SCRIPTS);
  const options = all.map((each) => ({ value: String(each.version), label: `${t("version", { number: each.version })}${each.change_summary ? ` · ${each.change_summary.slice(0, 40)}` : ""}` }));
  return (
    <section aria-label={t("versions.compare")} style={{ display: "grid", gap: 8, minWidth: 0 }}>
      <h2 style={{ fontSize: 16, margin: 0 }}>{t("versions.compare")}</h2>
      <Space wrap>
        <label>{t("versions.from")} <Select aria-label={t("versions.from")} value={String(old.version)} options={options} style={{ width: 210 }} onChange={(from) => onChange({ from })} /></label>
        <label>{t("versions.to")} <Select aria-label={t("versions.to")} value={String(young.version)} options={options} style={{ width: 210 }} onChange={(to) => onChange({ to })} /></label>
      </Space>
      {old.yaml_content === young.yaml_content ? <div>{t("versions.same")}</div> : null}
      <Suspense fallback={<Skeleton active />}>
        <DiffEditor before={old.yaml_content} after={young.yaml_content} labels={[t("version", { number: old.version }), t("version", { number: young.version })]} sideBySide={wide} />
      </Suspense>
    </section>
  );
}
