// How many alerts there are, as buttons that filter the list.
import { useQuery } from "@tanstack/react-query";
import { Card } from "antd";
import { api, ask, type Schema } from "@/api/client";
import { live } from "@/api/queries";
import { useTexts } from "@/app/texts";
import type { Filters } from "./AlertFilters";
import { ALERTS } from "./texts";

type Levels = Schema<"LevelCounts">;

export function Counts({ onChoose }: { onChoose: (changes: Partial<Filters>) => void }) {
  const t = useTexts(ALERTS);
  const { data } = useQuery({ ...live, queryKey: ["alerts", "counts"], queryFn: () => ask(api.GET("/api/v1/group-ai/alerts/counts")) });
  const levels = (counts: Levels) => t("count.levels", { error: counts.error, warning: counts.warning, info: counts.info });
  return (
    <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(150px, 1fr))", gap: 12, marginBlockEnd: 16 }}>
      <Count name={t("count.firing")} count={data && sum(data.firing)} note={data && levels(data.firing)} bad={!!data && sum(data.firing) > 0} onClick={() => onChoose({ state: "firing" })} />
      <Count name={t("count.unacknowledged")} count={data?.unacknowledged} bad={!!data && data.unacknowledged > 0} onClick={() => onChoose({ state: "firing", acknowledged: "false" })} />
      <Count name={t("count.pending")} count={data && sum(data.pending)} note={data && levels(data.pending)} onClick={() => onChoose({ state: "pending" })} />
      <Count name={t("count.muted")} count={data?.muted} onClick={() => onChoose({ state: "firing" })} />
    </div>
  );
}

function Count({ name, count, note, bad = false, onClick }: { name: string; count: number | undefined; note?: string | undefined; bad?: boolean; onClick: () => void }) {
  return (
    <Card size="small" styles={{ body: { padding: 0 } }}>
      <button
        type="button"
        onClick={onClick}
        style={{ display: "block", width: "100%", padding: "10px 14px", background: "none", border: 0, borderRadius: 8, font: "inherit", color: "inherit", textAlign: "start", cursor: "pointer" }}
      >
        <span style={{ color: "var(--ant-color-text-description)" }}>{name}</span>
        <span className="tabular" style={{ display: "block", fontSize: 24, fontWeight: 600, lineHeight: 1.3, color: bad ? "var(--ant-color-error)" : "inherit" }}>
          {count ?? "–"}
        </span>
        {/* Its line is there from the start, so that nothing jumps. */}
        <span style={{ display: "block", minHeight: 18, fontSize: 12, lineHeight: 1.5, color: "var(--ant-color-text-description)" }}>{note ?? "\u00a0"}</span>
      </button>
    </Card>
  );
}

export function sum(counts: Levels): number {
  return counts.error + counts.warning + counts.info;
}
