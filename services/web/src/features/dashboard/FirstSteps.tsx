// A system without tasks teaches its first three steps, and shows which are done.
import { CheckCircleFilled } from "@ant-design/icons";
import { Card, Space } from "antd";
import { useQuery } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import { calm } from "@/api/queries";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { LinkButton } from "@/components/LinkButton";
import type { Board } from "./figures";
import { BOARD } from "./texts";

export function FirstSteps({ board }: { board: Board }) {
  const t = useTexts(BOARD);
  const { can } = useSession();
  const channels = useQuery({
    queryKey: ["dashboard", "channels"],
    queryFn: () => ask(api.GET("/api/v1/group-ai/channels")),
    enabled: can("channels:read"),
    ...calm,
  });
  const ran = board.ended_24h.success + board.ended_24h.failure + board.now.running > 0 || board.hours.length > 0;
  const hears = (channels.data?.length ?? 0) > 0;
  const mayWrite = can("tasks:write");
  return (
    <Card>
      <h2 className="board-title">{t("steps.title")}</h2>
      <p className="board-more" style={{ margin: 0 }}>{t("steps.lead")}</p>
      <ol className="board-steps">
        <Step title={t("steps.create")} text={t("steps.create.text")} done={board.counts.tasks > 0} doneText={t("steps.done")}>
          {mayWrite ? <LinkButton to="/templates" type={board.counts.tasks ? "default" : "primary"}>{t("steps.create.template")}</LinkButton> : null}
          {mayWrite ? <LinkButton to="/tasks/new">{t("steps.create.own")}</LinkButton> : null}
        </Step>
        <Step title={t("steps.run")} text={t("steps.run.text")} done={ran} doneText={t("steps.done")}>
          <LinkButton to="/tasks">{t("steps.run.go")}</LinkButton>
        </Step>
        <Step title={t("steps.tell")} text={t("steps.tell.text")} done={hears} doneText={t("steps.done")}>
          <LinkButton to="/channels">{t("steps.tell.go")}</LinkButton>
        </Step>
      </ol>
    </Card>
  );
}

function Step({ title, text, done, doneText, children }: { title: string; text: string; done: boolean; doneText: string; children: React.ReactNode }) {
  return (
    <li>
      <h3 className="board-title">
        {done ? <CheckCircleFilled style={{ color: "var(--ant-color-success)", marginInlineEnd: 6 }} role="img" aria-label={doneText} /> : null}
        {title}
      </h3>
      <span style={{ flex: 1 }}>{text}</span>
      <Space wrap>{children}</Space>
    </li>
  );
}
