// What went wrong, and what to do: for a part of a page that could not be loaded, or an action that was refused.
import { Alert, Button } from "antd";
import { ApiProblem, isPassing } from "@/api/problem";
import { useTexts } from "@/app/texts";
import { WORDS } from "./texts";

export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useTexts(WORDS);
  if (!error) return null;
  const passing = isPassing(error);
  return (
    <Alert
      role="alert"
      type={passing ? "warning" : "error"}
      showIcon
      title={passing ? t("failure.away") : sentenceOf(error, t("failure.title"))}
      description={<Reasons error={error} />}
      action={retry ? <Button size="small" onClick={retry}>{t("retry")}</Button> : undefined}
      style={{ marginBlock: 8 }}
    />
  );
}

function Reasons({ error }: { error: unknown }) {
  const t = useTexts(WORDS);
  if (!(error instanceof ApiProblem)) return null;
  return (
    <>
      {error.errors.length > 0 ? (
        <ul style={{ margin: "4px 0", paddingInlineStart: 20 }}>
          {error.errors.map((each, index) => (
            <li key={index} className="break">
              <code>{each.pointer}</code> {each.detail}
            </li>
          ))}
        </ul>
      ) : null}
      {error.status === 403 ? <div>{t("failure.forbidden")}</div> : null}
      {error.status >= 500 && error.requestId ? <div>{t("failure.request", { id: error.requestId })}</div> : null}
    </>
  );
}

/** One sentence for a toast. */
export function sentenceOf(error: unknown, otherwise: string): string {
  if (error instanceof ApiProblem) return error.detail || otherwise;
  return otherwise;
}
