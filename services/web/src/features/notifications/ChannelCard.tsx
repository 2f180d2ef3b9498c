// One channel: what it is, how it did, who names it, and what one can do with it.
import { CheckCircleFilled, ClockCircleOutlined, CloseCircleFilled, PauseCircleOutlined, SendOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Card, Popover, Space, Switch, Tag } from "antd";
import { Link } from "react-router";
import { api, ask } from "@/api/client";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { sentenceOf } from "@/components/Failure";
import { When } from "@/components/Time";
import { WORDS } from "@/components/texts";
import { Answer } from "./Answer";
import { switched } from "./channelBody";
import { DeliveryStateTag } from "./DeliveryState";
import { ServiceIcon } from "./ServiceIcon";
import { type Channel, serviceOf } from "./services";
import { CHANNELS } from "./texts";

export interface ChannelCardProps {
  channel: Channel;
  onEdit: () => void;
  onTest: () => void;
  onDelete: () => void;
}

export function ChannelCard({ channel, onEdit, onTest, onDelete }: ChannelCardProps) {
  const t = useTexts(CHANNELS);
  const w = useTexts(WORDS);
  const { can } = useSession();
  const toggle = useToggle(channel);
  const service = serviceOf(channel);
  const writes = can("channels:write");
  const to = (channel.config as { to?: string[] }).to;
  return (
    <Card size="small" styles={{ body: { display: "grid", gap: 8 } }}>
      <div style={{ display: "flex", gap: 10, alignItems: "flex-start" }}>
        <ServiceIcon service={service} />
        <div style={{ flex: 1, minWidth: 0 }}>
          <h2 className="break" style={{ margin: 0, fontSize: 16 }}>
            {channel.name}
          </h2>
          <div className="break" style={{ color: "var(--ant-color-text-description)" }}>
            {t(`service.${service}`)}
            {to ? ` · ${to.join(", ")}` : channel.target ? ` · ${channel.target}` : ""}
          </div>
        </div>
        <Switch size="small" aria-label={t("card.toggle", { name: channel.name })} checked={channel.enabled} disabled={!writes} onChange={toggle} />
      </div>
      {channel.description ? <div className="pre">{channel.description}</div> : null}
      <Standing channel={channel} />
      <Space wrap size={6}>
        {writes ? (
          <Button size="small" icon={<SendOutlined />} disabled={!channel.enabled} onClick={onTest}>
            {t("test")}
          </Button>
        ) : null}
        <Link to={`/channels?tab=log&channel=${encodeURIComponent(channel.name)}`}>{t("card.log")}</Link>
        {writes ? (
          <>
            <Button size="small" onClick={onEdit}>
              {w("edit")}
            </Button>
            <Button size="small" type="text" danger onClick={onDelete}>
              {w("delete")}
            </Button>
          </>
        ) : null}
      </Space>
    </Card>
  );
}

function Standing({ channel }: { channel: Channel }) {
  const t = useTexts(CHANNELS);
  const { deliveries, used_by } = channel;
  const trouble = deliveries.failed + deliveries.given_up > 0;
  const icon = !channel.enabled ? <PauseCircleOutlined /> : trouble ? <CloseCircleFilled /> : deliveries.sent > 0 ? <CheckCircleFilled /> : <ClockCircleOutlined />;
  const color = !channel.enabled ? "default" : trouble ? "error" : deliveries.sent > 0 ? "success" : "default";
  return (
    <div style={{ display: "grid", gap: 4 }}>
      <span>
        <Tag icon={icon} color={color} style={{ whiteSpace: "normal" }}>
          {channel.enabled ? t("card.day", { sent: deliveries.sent, failed: deliveries.failed, given_up: deliveries.given_up }) : t("card.off")}
        </Tag>
      </span>
      {deliveries.last_at ? (
        <span>
          {t("card.last")} <When at={deliveries.last_at} /> {deliveries.last_state ? <DeliveryStateTag state={deliveries.last_state} /> : null}
          {deliveries.last_state === "sent" ? null : <Answer text={deliveries.last_answer} good={false} />}
        </span>
      ) : (
        <span style={{ color: "var(--ant-color-text-description)" }}>{t("card.never")}</span>
      )}
      {used_by.length === 0 ? (
        <span style={{ color: "var(--ant-color-text-description)" }}>{t("card.unused")}</span>
      ) : (
        <span>
          <Popover trigger="click" title={t("users.title", { name: channel.name })} content={<Users channel={channel} />}>
            <Button type="link" size="small" style={{ padding: 0 }}>
              {t("card.used", { count: used_by.length })}
            </Button>
          </Popover>
        </span>
      )}
    </div>
  );
}

export function Users({ channel }: { channel: Pick<Channel, "used_by"> }) {
  const t = useTexts(CHANNELS);
  return (
    <ul style={{ margin: 0, paddingInlineStart: 18, maxHeight: 260, overflow: "auto", maxWidth: 420 }}>
      {channel.used_by.map((user) => (
        <li key={`${user.kind} ${user.id}`} className="break">
          {t(`user.${user.kind}`)} <Link to={user.kind === "task" ? `/tasks/${user.id}` : `/alert-rules?open=${user.id}`}>{user.name}</Link>
        </li>
      ))}
    </ul>
  );
}

function useToggle(channel: Channel): (enabled: boolean) => void {
  const t = useTexts(CHANNELS);
  const w = useTexts(WORDS);
  const { message } = App.useApp();
  const client = useQueryClient();
  const changing = useMutation({
    mutationFn: ({ enabled }: { enabled: boolean; undone: boolean }) => ask(api.PUT("/api/v1/group-ai/channels/{name}", { params: { path: { name: channel.name } }, body: switched(channel, enabled) })),
    onSettled: () => client.invalidateQueries({ queryKey: ["channels"] }),
    onError: (error) => void message.error(sentenceOf(error, w("failure.title"))),
    onSuccess: (_, { enabled, undone }) => {
      if (undone) return;
      const key = `toggle ${channel.name}`;
      void message.open({
        key,
        type: "success",
        duration: 6,
        content: (
          <Space>
            {enabled ? t("toggled.on", { name: channel.name }) : t("toggled.off", { name: channel.name })}
            <Button
              size="small"
              onClick={() => {
                message.destroy(key);
                changing.mutate({ enabled: !enabled, undone: true });
              }}
            >
              {w("undo")}
            </Button>
          </Space>
        ),
      });
    },
  });
  return (enabled) => changing.mutate({ enabled, undone: false });
}
