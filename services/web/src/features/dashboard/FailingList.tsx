// Tasks whose last run failed: how often in a row, since when, with which error.
import { CheckCircleFilled } from "@ant-design/icons";
import { Tag } from "antd";
import { Link } from "react-router";
import { useTexts } from "@/app/texts";
import { WORDS } from "@/components/texts";
import { RunState } from "@/components/RunState";
import { When } from "@/components/Time";
import { type Board, TO } from "./figures";
import { BOARD } from "./texts";

export function FailingList({ board }: { board: Board }) {
  const t = useTexts(BOARD);
  const word = useTexts(WORDS);
  if (board.failing.length === 0) {
    return (
      <p className="board-quiet" style={{ margin: 0 }}>
        <CheckCircleFilled style={{ color: "var(--ant-color-success)" }} aria-hidden />
        {t("failing.none")}
      </p>
    );
  }
  return (
    <>
      <ul className="board-list" tabIndex={0} aria-label={t("failing.title")}>
        {board.failing.map((each) => (
          <li key={each.task_id}>
            <div className="board-line">
              <Link to={`/tasks/${each.task_id}`} className="board-name">{each.task_name}</Link>
              <span style={{ flexShrink: 0 }}>
                {each.enabled ? null : <Tag>{word("disabled")}</Tag>}
                <RunState name={each.last_status} />
              </span>
            </div>
            {each.last_error ? <div className="break mono" style={{ color: "var(--ant-color-error-text)" }}>{each.last_error}</div> : null}
            <div className="board-more">
              <b>{t("failing.row", { count: each.failures })}</b>
              <span>{t("failing.since")} <When at={each.since} /></span>
              <span>{each.last_success_at ? <>{t("failing.lastGood")} <When at={each.last_success_at} /></> : t("failing.neverGood")}</span>
              <span><Link to={`/runs/${each.last_run_id}`} aria-label={`${t("failing.run")}: ${each.task_name}`}>{t("failing.run")}</Link></span>
            </div>
          </li>
        ))}
      </ul>
      {board.failing_total > board.failing.length ? <Link to={TO.failing}>{t("failing.all", { count: board.failing_total })}</Link> : null}
    </>
  );
}
