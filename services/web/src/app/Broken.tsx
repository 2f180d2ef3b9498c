// What is shown when a page throws: a bug of ours, or a chunk of an older build that is gone after an upgrade.
import { Button, Result } from "antd";
import { useRouteError } from "react-router";
import { SHELL } from "./shell-texts";
import { useTexts } from "./texts";

export function Broken() {
  const t = useTexts(SHELL);
  const error = useRouteError();
  const outdated = error instanceof TypeError && /dynamically imported|module script/i.test(error.message);
  return (
    <Result
      status="warning"
      title={t("broken.title")}
      subTitle={outdated ? t("broken.outdated") : t("broken.text")}
      extra={
        <Button type="primary" onClick={() => window.location.reload()}>
          {t("broken.reload")}
        </Button>
      }
    >
      {!outdated && error instanceof Error ? <pre className="pre mono">{error.message}</pre> : null}
    </Result>
  );
}
