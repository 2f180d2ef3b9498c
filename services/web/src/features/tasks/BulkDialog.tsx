// "What would this do to so many tasks?": counted and sampled by the server before anything is asked for.
import { useQueryClient } from "@tanstack/react-query";
import { Alert } from "antd";
import { useRef } from "react";
import { api, done, newIdempotencyKey, rehearsed, type Schema } from "@/api/client";
import { useTexts } from "@/app/texts";
import { DryRunModal } from "@/components/DryRunModal";
import { browserZone } from "@/components/zones";
import { countOf, type Selection, wishOf } from "./selection";
import { BULK } from "./texts";

export type BulkAction = Schema<"TaskBulk">["action"];
type Started = Schema<"TaskBulkStarted">;

export function BulkDialog({ action, selection, total, onClose, onStarted }: { action: BulkAction; selection: Selection; total: number; onClose: () => void; onStarted: (job: Schema<"TaskBulk">) => void }) {
  const t = useTexts(BULK);
  const client = useQueryClient();
  const key = useRef(newIdempotencyKey());
  const body = { action, ...wishOf(selection, browserZone) };
  const post = (dry: boolean) =>
    api.POST("/api/v1/group-ai/task-bulk", {
      params: dry ? { query: { dry_run: "true" as const } } : { header: { "Idempotency-Key": key.current } },
      body: body as Schema<"TaskBulkCreate">,
    });
  return (
    <DryRunModal
      title={t(`title.${action}`, { count: countOf(selection, total) })}
      confirm={t(action)}
      danger={action === "delete"}
      onClose={onClose}
      rehearse={() => rehearsed(post(true))}
      show={(plan) => <Plan plan={plan} />}
      act={async () => {
        const job = await done(post(false));
        onStarted(job);
        await client.invalidateQueries({ queryKey: ["tasks"] });
      }}
    />
  );
}

function Plan({ plan }: { plan: Started }) {
  const t = useTexts(BULK);
  const { action, consequences: about } = plan;
  const stops = action === "disable" || action === "delete";
  const lines = [
    (action === "enable" || action === "disable") && about.unchanged > 0 && t(`plan.unchanged.${action}`, { count: about.unchanged }),
    stops && about.queued_runs > 0 && t("plan.queued.take", { count: about.queued_runs }),
    stops && about.running_runs > 0 && t("plan.running", { count: about.running_runs }),
    about.dependents > 0 && action === "run" && t("plan.dependents.run", { count: about.dependents }),
    about.dependents > 0 && stops && t("plan.dependents.stop", { count: about.dependents }),
  ].filter((line) => line !== false);
  const rest = plan.total - plan.sample.length;
  return (
    <div style={{ display: "grid", gap: 12 }}>
      <div>
        <strong>{t("plan.count", { count: plan.total })}</strong>
        {lines.length ? (
          <ul style={{ margin: "8px 0 0", paddingInlineStart: 20 }}>
            {lines.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        ) : null}
      </div>
      <div>
        {t("plan.sample")}
        <ul className="break" style={{ margin: "4px 0 0", paddingInlineStart: 20, maxHeight: 280, overflowY: "auto" }}>
          {plan.sample.map((task) => (
            <li key={task.task_id}>{task.name}</li>
          ))}
          {rest > 0 ? <li style={{ color: "var(--ant-color-text-description)" }}>{t("plan.rest", { count: rest })}</li> : null}
        </ul>
      </div>
      {action === "delete" ? <Alert type="warning" showIcon title={t("plan.no-undo")} /> : null}
      {action === "enable" || action === "disable" ? <div style={{ color: "var(--ant-color-text-description)" }}>{t("plan.can-undo")}</div> : null}
    </div>
  );
}
