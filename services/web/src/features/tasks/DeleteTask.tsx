// Deleting one task, with what that would do told first.
import { useQueryClient } from "@tanstack/react-query";
import { App } from "antd";
import { Link } from "react-router";
import { api, ask, rehearsed } from "@/api/client";
import { useTexts } from "@/app/texts";
import { DryRunModal } from "@/components/DryRunModal";
import { WORDS } from "@/components/texts";
import { DETAIL } from "./detailTexts";
import { BULK } from "./texts";

export function DeleteTask({ task, onClose, onDeleted }: { task: { id: string; name: string }; onClose: () => void; onDeleted: () => void }) {
  const t = useTexts(DETAIL);
  const w = useTexts(WORDS);
  const b = useTexts(BULK);
  const { message } = App.useApp();
  const client = useQueryClient();
  const remove = (dry: boolean) =>
    api.DELETE("/api/v1/group-ai/automation-tasks/{task_id}", { params: { path: { task_id: task.id }, query: dry ? { dry_run: "true" as const } : {} } });
  return (
    <DryRunModal
      title={t("delete.title", { name: task.name })}
      confirm={w("delete")}
      danger
      onClose={onClose}
      rehearse={() => rehearsed(remove(true))}
      show={(plan) => (
        <div style={{ display: "grid", gap: 10 }}>
          <div>{plan.summary}</div>
          {plan.fires_removed > 0 ? <div>{t("delete.fires", { count: plan.fires_removed })}</div> : null}
          {plan.dependants.length > 0 ? (
            <div>
              {t("delete.tied")}
              <ul className="break" style={{ margin: "4px 0 0", paddingInlineStart: 20 }}>
                {plan.dependants.map((each) => (
                  <li key={each.id + each.relation}>
                    <Link to={`/tasks/${each.id}`}>{each.name}</Link> ({t(`tied.${each.relation}`)})
                  </li>
                ))}
              </ul>
            </div>
          ) : null}
          <div style={{ color: "var(--ant-color-text-description)" }}>{b("plan.no-undo")}</div>
        </div>
      )}
      act={async () => {
        await ask(remove(false));
        void message.success(t("deleted", { name: task.name }));
        onDeleted();
        await client.invalidateQueries({ queryKey: ["tasks"] });
      }}
    />
  );
}
