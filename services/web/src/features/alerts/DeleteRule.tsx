// Deleting a rule: what goes with it is said before.
import { useQueryClient } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import { useTexts } from "@/app/texts";
import { DryRunModal } from "@/components/DryRunModal";
import { WORDS } from "@/components/texts";
import { RULES } from "./rule-texts";
import type { Rule } from "./rules";

/** Render it only while it is open. */
export function DeleteRule({ rule, onClose }: { rule: Rule; onClose: () => void }) {
  const t = useTexts(RULES);
  const w = useTexts(WORDS);
  const client = useQueryClient();
  const path = { rule_id: rule.id };
  return (
    <DryRunModal
      title={t("delete.title", { name: rule.name })}
      confirm={w("delete")}
      danger
      onClose={onClose}
      rehearse={async () => {
        await ask(api.DELETE("/api/v1/group-ai/alert-rules/{rule_id}", { params: { path, query: { dry_run: "true" } } }));
        return ask(api.GET("/api/v1/group-ai/alert-rules/{rule_id}", { params: { path } }));
      }}
      show={(now) => (
        <>
          <p>{t("delete.text")}</p>
          {now.firing + now.pending > 0 ? <p>{t("delete.open", { firing: now.firing, pending: now.pending })}</p> : null}
        </>
      )}
      act={async () => {
        await ask(api.DELETE("/api/v1/group-ai/alert-rules/{rule_id}", { params: { path } }));
        await client.invalidateQueries({ queryKey: ["alert-rules"] });
        await client.invalidateQueries({ queryKey: ["alerts"] });
      }}
    />
  );
}
