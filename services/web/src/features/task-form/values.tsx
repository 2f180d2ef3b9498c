// A value of a field, for reading side by side.
import { useTexts } from "@/app/texts";
import { WORDS } from "@/components/texts";
import { REVIEW } from "./review-texts";

const SHORT = 60;

export function Value({ value }: { value: unknown }) {
  const t = useTexts(REVIEW);
  const word = useTexts(WORDS);
  if (value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) {
    return <span style={{ color: "var(--ant-color-text-description)" }}>{t("value.empty")}</span>;
  }
  if (typeof value === "boolean") return <span>{word(value ? "yes" : "no")}</span>;
  if (typeof value === "string") return <span className="pre">{value}</span>;
  const line = JSON.stringify(value);
  return <code className="pre">{line.length <= SHORT ? line : JSON.stringify(value, null, 2)}</code>;
}
