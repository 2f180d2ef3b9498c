// The browsers that somebody is logged in with; each can be ended.
import { DesktopOutlined, MobileOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Skeleton, Tag } from "antd";
import { api, ask, type Schema } from "@/api/client";
import { calm } from "@/api/queries";
import { useTexts } from "@/app/texts";
import { Failure, sentenceOf } from "@/components/Failure";
import { When } from "@/components/Time";
import { WORDS } from "@/components/texts";
import { programOf, readAgent } from "./agent";
import { PROFILE } from "./texts-profile";

type OpenSession = Schema<"OpenSession">;

/** `userId`: another user's; it takes users:admin. */
export function Sessions({ userId }: { userId?: string }) {
  const t = useTexts(PROFILE);
  const query = useQuery({
    ...calm,
    queryKey: ["sessions", userId ?? "mine"],
    queryFn: () => ask(api.GET("/api/v1/group-ai/sessions", { params: { query: userId ? { user_id: userId } : {} } })),
  });
  if (query.isPending) return <Skeleton active title={false} />;
  if (!query.data) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (query.data.items.length === 0) return <p>{t("sessions.none")}</p>;
  return (
    <ul style={{ listStyle: "none", margin: 0, padding: 0 }}>
      {query.data.items.map((session) => (
        <One key={session.id} session={session} />
      ))}
    </ul>
  );
}

function One({ session }: { session: OpenSession }) {
  const t = useTexts(PROFILE);
  const w = useTexts(WORDS);
  const { message } = App.useApp();
  const client = useQueryClient();
  const agent = readAgent(session.user_agent);
  const name = agent ? t("agent.on", { ...agent }) : (programOf(session.user_agent) ?? t("agent.unknown"));
  const ending = useMutation({
    mutationFn: () => ask(api.DELETE("/api/v1/group-ai/sessions/{session_id}", { params: { path: { session_id: session.id } } })),
    onSuccess: () => void message.success(t("sessions.ended")),
    onError: (error) => void message.error(sentenceOf(error, w("failure.title"))),
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: ["sessions"] }), client.invalidateQueries({ queryKey: ["users"] })]),
  });
  const isPhone = agent && /iPhone|Android/.test(agent.system);
  return (
    <li style={{ display: "flex", gap: 12, alignItems: "center", flexWrap: "wrap", paddingBlock: 10, borderBlockEnd: "1px solid var(--ant-color-border-secondary)" }}>
      <span aria-hidden style={{ fontSize: 20, opacity: 0.6 }}>
        {isPhone ? <MobileOutlined /> : <DesktopOutlined />}
      </span>
      <div style={{ flex: "1 1 220px", minWidth: 0 }}>
        <div className="break">
          <strong>{name}</strong> {session.current ? <Tag>{t("sessions.this")}</Tag> : null}
        </div>
        <div className="break" style={{ color: "var(--ant-color-text-description)" }}>
          {session.ip ? `${t("sessions.from", { ip: session.ip })} · ` : null}
          {t("sessions.seen")} <When at={session.seen_at} /> · {t("sessions.since")} <When at={session.created_at} as="short" />
        </div>
      </div>
      {session.current ? null : (
        <Button size="small" loading={ending.isPending} onClick={() => ending.mutate()} aria-label={t("sessions.end.one", { what: name })}>
          {t("sessions.end")}
        </Button>
      )}
    </li>
  );
}
