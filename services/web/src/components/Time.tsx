// An instant or a duration, always with the exact value at hand.
import { Tooltip } from "antd";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { duration, exact, relative, short } from "./format";
import { useNow } from "./now";
import { WORDS } from "./texts";

/** "3 minutes ago"; the exact local time in the tooltip. `as="short"` shows the time of day or the date instead. */
export function When({ at, as = "relative" }: { at: string | null | undefined; as?: "relative" | "short" | "exact" }) {
  const { language } = usePreferences();
  const t = useTexts(WORDS);
  const now = useNow();
  if (!at) return <span>{t("never")}</span>;
  const instant = new Date(at);
  const text = as === "relative" ? relative(instant, now, language) : as === "short" ? short(instant, now, language) : exact(instant, language);
  return (
    <Tooltip title={as === "exact" ? relative(instant, now, language) : exact(instant, language)}>
      <time dateTime={at} className="tabular" style={{ whiteSpace: "nowrap" }}>{text}</time>
    </Tooltip>
  );
}

export function Duration({ seconds }: { seconds: number | null | undefined }) {
  const { language } = usePreferences();
  if (seconds === null || seconds === undefined) return <span>–</span>;
  return <span className="tabular" style={{ whiteSpace: "nowrap" }}>{duration(seconds, language)}</span>;
}

/** How long ago `since` was, growing: for what is under way. */
export function Elapsed({ since }: { since: string }) {
  const now = useNow();
  return <Duration seconds={Math.max((now.getTime() - new Date(since).getTime()) / 1_000, 0)} />;
}
