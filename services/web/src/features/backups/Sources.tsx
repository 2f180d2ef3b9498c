// Each database that is backed up: how fresh, how much, what went wrong since.
import { CheckCircleFilled, WarningFilled } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Card, Space, Tag } from "antd";
import { api, ask, type Schema } from "@/api/client";
import { calm } from "@/api/queries";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { bytes } from "@/components/format";
import { useNow } from "@/components/now";
import { When } from "@/components/Time";
import { BACKUPS } from "./texts";

type Source = Schema<"BackupSource">;

/** A nightly backup that is two hours late. */
const STALE_HOURS = 26;

export function useSources() {
  return useQuery({ ...calm, queryKey: ["backups", "sources"], queryFn: () => ask(api.GET("/api/v1/group-ai/backups/sources")) });
}

export function Sources({ chosen, onChoose }: { chosen: string; onChoose: (source: string) => void }) {
  const { data } = useSources();
  if (!data || data.items.length === 0) return null;
  return (
    <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(min(100%, 300px), 1fr))", gap: 12, marginBlockEnd: 16 }}>
      {data.items.map((source) => (
        <SourceCard key={source.source} source={source} isChosen={chosen === source.source} onChoose={() => onChoose(chosen === source.source ? "" : source.source)} />
      ))}
    </div>
  );
}

function SourceCard({ source, isChosen, onChoose }: { source: Source; isChosen: boolean; onChoose: () => void }) {
  const t = useTexts(BACKUPS);
  const { language } = usePreferences();
  const now = useNow();
  const stale = !source.newest_at || now.getTime() - new Date(source.newest_at).getTime() > STALE_HOURS * 3_600_000;
  const good = !stale && source.failed_since === 0;
  return (
    <Card size="small" styles={{ body: { padding: 0 } }} style={isChosen ? { borderColor: "var(--ant-color-primary)" } : {}}>
      <button
        type="button"
        aria-pressed={isChosen}
        onClick={onChoose}
        style={{ display: "block", width: "100%", padding: 14, background: "none", border: 0, borderRadius: 8, font: "inherit", color: "inherit", textAlign: "start", cursor: "pointer" }}
      >
        <span className="break" style={{ display: "block", fontWeight: 600 }}>
          {good ? <CheckCircleFilled aria-hidden style={{ color: "var(--ant-color-success)" }} /> : <WarningFilled aria-hidden style={{ color: "var(--ant-color-warning)" }} />} {source.source}
        </span>
        <span style={{ display: "block" }}>
          {t("source.newest")} <When at={source.newest_at} />
        </span>
        <span style={{ display: "block" }}>
          {t("source.restored")} {source.restored_at ? <When at={source.restored_at} /> : t("source.never")}
        </span>
        <span style={{ display: "block", color: "var(--ant-color-text-description)" }}>{t("source.stored", { count: source.stored, size: bytes(source.total_size, language) })}</span>
        <Space size={4} wrap style={{ marginBlockStart: 4 }}>
          {stale ? <Tag color="warning">{t("source.stale")}</Tag> : null}
          {source.failed_since > 0 ? <Tag color="error">{t("source.failed", { count: source.failed_since })}</Tag> : null}
        </Space>
        {source.failed_since > 0 && source.last_error ? (
          <span className="break" style={{ display: "block", color: "var(--ant-color-error)" }}>
            {source.last_error}
          </span>
        ) : null}
      </button>
    </Card>
  );
}
