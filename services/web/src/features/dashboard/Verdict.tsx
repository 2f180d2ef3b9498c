// One line that says whether anything is wrong, the worst first, each part a link to where it is seen.
import { Alert } from "antd";
import { Fragment } from "react";
import { Link } from "react-router";
import { useTexts } from "@/app/texts";
import { type Board, troubles } from "./figures";
import { BOARD } from "./texts";

export function Verdict({ board }: { board: Board }) {
  const t = useTexts(BOARD);
  const found = troubles(board);
  return (
    <div role="status" aria-live="polite" className="board-verdict">
      <Alert
        showIcon
        type={found.length === 0 ? "success" : found.some((each) => each.severe) ? "error" : "warning"}
        title={
          found.length === 0
            ? t("verdict.good")
            : found.map((each, index) => (
                <Fragment key={each.text}>
                  {index > 0 ? " · " : null}
                  {each.to.startsWith("#") ? <a href={each.to}>{t(each.text, { count: each.count })}</a> : <Link to={each.to}>{t(each.text, { count: each.count })}</Link>}
                </Fragment>
              ))
        }
      />
    </div>
  );
}
