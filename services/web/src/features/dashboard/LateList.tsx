// What should have begun and has not: silent schedules, late runs with what they wait for, fires of a day that were missed.
import { CheckCircleFilled } from "@ant-design/icons";
import { Tag } from "antd";
import { Link } from "react-router";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { duration } from "@/components/format";
import { When } from "@/components/Time";
import type { Board } from "./figures";
import { BOARD } from "./texts";

const LISTED = new Set(["missed", "expired", "throttled", "upstream_failed"]);

export function LateList({ board }: { board: Board }) {
  const t = useTexts(BOARD);
  const { language } = usePreferences();
  const others = Object.entries(board.unstarted_24h).filter(([outcome]) => !LISTED.has(outcome));
  const name = (outcome: string) => (`outcome.${outcome}` in BOARD ? t(`outcome.${outcome}` as keyof typeof BOARD) : outcome);
  const isEmpty = board.silent.length + board.late.length + board.missed.length === 0;
  return (
    <>
      {isEmpty ? (
        <p className="board-quiet" style={{ margin: 0 }}>
          <CheckCircleFilled style={{ color: "var(--ant-color-success)" }} aria-hidden />
          {t("late.none")}
        </p>
      ) : (
        <ul className="board-list" tabIndex={0} aria-label={t("late.title")}>
          {board.silent.map((each) => (
            <li key={`silent-${each.task_id}`}>
              <Link to={`/tasks/${each.task_id}`} className="board-name">{each.task_name}</Link>
              <div style={{ color: "var(--ant-color-error-text)" }}>{t("late.silent", { count: each.fires })}</div>
              <div className="board-more"><When at={each.since} /></div>
            </li>
          ))}
          {board.late.map((each) => (
            <li key={each.run_id}>
              <div className="board-line">
                <Link to={`/runs/${each.run_id}`} className="board-name">{each.task_name ?? each.task_id}</Link>
                <Tag color="error" style={{ marginInlineEnd: 0 }}>{t("late.by", { time: duration(each.late_seconds, language) })}</Tag>
              </div>
              <div className="board-more">
                <span>{each.waits_for_text ?? t("late.noReason")}</span>
                <span><Link to={`/queues?queue=${encodeURIComponent(each.queue)}`}>{each.queue}</Link></span>
              </div>
            </li>
          ))}
          {board.missed.map((each, index) => (
            <li key={`${each.task_id}-${index}`}>
              <div className="board-line">
                <Link to={`/tasks/${each.task_id}?tab=occurrences`} className="board-name">{each.task_name}</Link>
                <Tag color="warning" style={{ marginInlineEnd: 0 }}>{name(each.outcome)}</Tag>
              </div>
              <div className="board-more">
                <span>{each.reason}</span>
                <When at={each.scheduled_for} as="short" />
              </div>
            </li>
          ))}
        </ul>
      )}
      {others.length > 0 ? (
        <p className="board-more" style={{ margin: "8px 0 0" }}>
          {t("late.others")}
          {others.map(([outcome, count]) => `${name(outcome)} ${count.toLocaleString(language)}`).join(language === "zh-TW" ? "、" : ", ")}
        </p>
      ) : null}
    </>
  );
}
