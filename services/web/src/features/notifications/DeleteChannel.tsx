// Deleting a channel: refused while something names it; who does is listed, with the way there.
import { useQueryClient } from "@tanstack/react-query";
import { Button, Modal } from "antd";
import { api, ask } from "@/api/client";
import { useTexts } from "@/app/texts";
import { DryRunModal } from "@/components/DryRunModal";
import { WORDS } from "@/components/texts";
import { Users } from "./ChannelCard";
import type { Channel } from "./services";
import { CHANNELS } from "./texts";

/** Render it only while it is open. */
export function DeleteChannel({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const t = useTexts(CHANNELS);
  const w = useTexts(WORDS);
  const client = useQueryClient();
  const path = { name: channel.name };
  const title = t("delete.title", { name: channel.name });
  if (channel.used_by.length > 0) {
    return (
      <Modal open title={title} onCancel={onClose} footer={<Button onClick={onClose}>{w("close")}</Button>}>
        <p>{t("delete.used", { count: channel.used_by.length })}</p>
        <Users channel={channel} />
      </Modal>
    );
  }
  return (
    <DryRunModal
      title={title}
      confirm={w("delete")}
      danger
      onClose={onClose}
      rehearse={() => ask(api.DELETE("/api/v1/group-ai/channels/{name}", { params: { path, query: { dry_run: "true" } } }))}
      show={() => <p>{t("delete.text")}</p>}
      act={async () => {
        await ask(api.DELETE("/api/v1/group-ai/channels/{name}", { params: { path } }));
        await client.invalidateQueries({ queryKey: ["channels"] });
      }}
    />
  );
}
