// The page for addresses that lead nowhere.
import { Button, Result } from "antd";
import { Link } from "react-router";
import { SHELL } from "./shell-texts";
import { useTexts } from "./texts";

export function NotFound() {
  const t = useTexts(SHELL);
  return (
    <Result
      status="404"
      icon={null}
      title={<h1 style={{ fontSize: 24, margin: 0 }}>{t("missing.title")}</h1>}
      subTitle={t("missing.text")}
      extra={
        <Link to="/">
          <Button type="primary">{t("missing.home")}</Button>
        </Link>
      }
    />
  );
}
