// The overview answers first what an operator asks: what fails, what is late, what runs next. Every number leads to the
// list that it counts; all of it refreshes by itself.
import { PlusOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Skeleton } from "antd";
import { api, ask } from "@/api/client";
import { live } from "@/api/queries";
import { usePreferences } from "@/app/preferences";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { exact } from "@/components/format";
import { Failure } from "@/components/Failure";
import { LinkButton } from "@/components/LinkButton";
import { Page } from "@/components/Page";
import "./board.css";
import { FailingList } from "./FailingList";
import { Figures } from "./Figures";
import { troubles } from "./figures";
import { FirstSteps } from "./FirstSteps";
import { HeatMap } from "./HeatMap";
import { LateList } from "./LateList";
import { NextList } from "./NextList";
import { Panel } from "./Panel";
import { BOARD } from "./texts";
import { Throughput } from "./Throughput";
import { Verdict } from "./Verdict";

export function Component() {
  const t = useTexts(BOARD);
  const { language } = usePreferences();
  const { can } = useSession();
  const query = useQuery({
    queryKey: ["dashboard", language],
    queryFn: () => ask(api.GET("/api/v1/group-ai/dashboard")),
    ...live,
  });
  const board = query.data;
  const create = can("tasks:write") ? (
    <LinkButton key="new" to="/tasks/new" type="primary" icon={<PlusOutlined />}>{t("newTask")}</LinkButton>
  ) : null;
  return (
    <Page
      title={t("title")}
      lead={board ? <span className="tabular">{t("clock", { time: exact(new Date(board.at), language) })}</span> : <span>&nbsp;</span>}
      actions={create}
    >
      <Failure error={query.error} retry={() => void query.refetch()} />
      {!board && query.isPending ? <Skeleton active paragraph={{ rows: 12 }} /> : null}
      {board && board.counts.tasks === 0 ? (
        <>
          {troubles(board).length > 0 ? <Verdict board={board} /> : null}
          <FirstSteps board={board} />
        </>
      ) : null}
      {board && board.counts.tasks > 0 ? (
        <div className="board">
          <Verdict board={board} />
          <Figures board={board} />
          <div className="board-lists">
            <Panel id="failing" title={t("failing.title")}><FailingList board={board} /></Panel>
            <Panel id="late" title={t("late.title")}><LateList board={board} /></Panel>
            <Panel id="next" title={t("next.title")}><NextList board={board} /></Panel>
          </div>
          <div className="board-charts">
            <Panel id="throughput" title={t("throughput.title")}><Throughput board={board} /></Panel>
            <HeatMap board={board} />
          </div>
          {board.counts.tasks <= 3 ? <FirstSteps board={board} /> : null}
        </div>
      ) : null}
    </Page>
  );
}
