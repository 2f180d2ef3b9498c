// Deleting a secret: refused while something names it; what would break is listed.
import { useQueryClient } from "@tanstack/react-query";
import { Button, Modal } from "antd";
import { api, ask } from "@/api/client";
import { useTexts } from "@/app/texts";
import { DryRunModal } from "@/components/DryRunModal";
import { WORDS } from "@/components/texts";
import type { Secret } from "./SecretForm";
import { SECRETS } from "./texts";
import { Users } from "./Users";

/** Render it only while it is open. */
export function DeleteSecret({ secret, onClose }: { secret: Secret; onClose: () => void }) {
  const t = useTexts(SECRETS);
  const w = useTexts(WORDS);
  const client = useQueryClient();
  const title = t("delete.title", { name: secret.name });
  const params = { path: { name: secret.name }, header: { "If-Match": `"${secret.version}"` } };
  if (secret.used_by.length > 0) {
    return (
      <Modal open title={title} onCancel={onClose} footer={<Button onClick={onClose}>{w("close")}</Button>}>
        <p>{t("delete.used", { count: secret.used_by.length })}</p>
        <Users secret={secret} />
      </Modal>
    );
  }
  return (
    <DryRunModal
      title={title}
      confirm={w("delete")}
      danger
      onClose={onClose}
      rehearse={() => ask(api.DELETE("/api/v1/group-ai/secrets/{name}", { params: { ...params, query: { dry_run: "true" } } }))}
      show={() => <p>{t("delete.text")}</p>}
      act={async () => {
        await ask(api.DELETE("/api/v1/group-ai/secrets/{name}", { params }));
        await client.invalidateQueries({ queryKey: ["secrets"] });
      }}
    />
  );
}
