// Where messages go, what became of them, and the incidents that they were about.
import { BellOutlined, PlusOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Skeleton, Tabs } from "antd";
import { useState } from "react";
import { api, ask } from "@/api/client";
import { calm } from "@/api/queries";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { Failure } from "@/components/Failure";
import { Page } from "@/components/Page";
import { useUrlState } from "@/components/urlState";
import { ChannelCard } from "./ChannelCard";
import { ChannelForm } from "./ChannelForm";
import { ChannelTest } from "./ChannelTest";
import { DeleteChannel } from "./DeleteChannel";
import { DeliveryLog } from "./DeliveryLog";
import { Incidents } from "./Incidents";
import type { Channel } from "./services";
import { CHANNELS } from "./texts";

export function Component() {
  const t = useTexts(CHANNELS);
  const { can } = useSession();
  const [url, setUrl] = useUrlState({ tab: "channels", open: "" });
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      actions={
        can("channels:write") ? (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setUrl({ tab: "channels", open: "new" })}>
            {t("new")}
          </Button>
        ) : null
      }
    >
      <Tabs
        activeKey={url.tab}
        onChange={(tab) => setUrl({ tab })}
        // The address holds the filters of one tab.
        destroyOnHidden
        items={[
          { key: "channels", label: t("tab.channels"), children: <Channels open={url.open} onOpen={(open) => setUrl({ open })} /> },
          { key: "log", label: t("tab.log"), children: <DeliveryLog /> },
          { key: "incidents", label: t("tab.incidents"), children: <Incidents /> },
        ]}
      />
    </Page>
  );
}

function Channels({ open, onOpen }: { open: string; onOpen: (name: string) => void }) {
  const t = useTexts(CHANNELS);
  const { can } = useSession();
  const [testing, setTesting] = useState("");
  const [removing, setRemoving] = useState<Channel | null>(null);
  const query = useQuery({ ...calm, queryKey: ["channels", "list"], queryFn: () => ask(api.GET("/api/v1/group-ai/channels")) });
  const channels = query.data;
  if (!channels) return query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Skeleton active />;
  const opened = channels.find((channel) => channel.name === open);
  return (
    <>
      {query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : null}
      {channels.length === 0 ? (
        <EmptyState icon={<BellOutlined />} title={t("empty.title")} text={t("empty.text")} actions={can("channels:write") ? <Button type="primary" onClick={() => onOpen("new")}>{t("new")}</Button> : null} />
      ) : (
        <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(min(100%, 340px), 1fr))", gap: 12, alignItems: "start" }}>
          {channels.map((channel) => (
            <ChannelCard key={channel.name} channel={channel} onEdit={() => onOpen(channel.name)} onTest={() => setTesting(channel.name)} onDelete={() => setRemoving(channel)} />
          ))}
        </div>
      )}
      {can("channels:write") && (open === "new" || opened) ? (
        <ChannelForm key={open} channel={opened} taken={channels.map((channel) => channel.name)} onClose={() => onOpen("")} onTest={setTesting} />
      ) : null}
      {testing ? <ChannelTest key={testing} name={testing} onClose={() => setTesting("")} /> : null}
      {removing ? <DeleteChannel channel={removing} onClose={() => setRemoving(null)} /> : null}
    </>
  );
}
