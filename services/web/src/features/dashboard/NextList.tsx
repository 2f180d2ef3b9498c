// The next fires of all tasks, counting down.
import { Link } from "react-router";
import { useTexts } from "@/app/texts";
import { useNow } from "@/components/now";
import { When } from "@/components/Time";
import type { Board } from "./figures";
import { BOARD } from "./texts";

export function NextList({ board }: { board: Board }) {
  const t = useTexts(BOARD);
  const now = useNow();
  if (board.next.length === 0) return <p className="board-quiet" style={{ margin: 0 }}>{t("next.none")}</p>;
  return (
    <ul className="board-list" tabIndex={0} aria-label={t("next.title")}>
      {board.next.map((each) => (
        <li key={each.task_id}>
          <div className="board-line">
            <Link to={`/tasks/${each.task_id}`} className="board-name">{each.task_name}</Link>
            <span style={{ flexShrink: 0 }}>{new Date(each.due_at) <= now ? t("next.overdue") : <When at={each.due_at} />}</span>
          </div>
          <div className="board-more">
            <When at={each.due_at} as="short" />
            <span>{each.queue}</span>
            {each.due_at === each.fires_at ? null : <span>{t("next.jitter")}</span>}
          </div>
        </li>
      ))}
    </ul>
  );
}
