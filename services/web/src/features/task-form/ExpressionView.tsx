// The expression as text, with what may be written and examples to start from.
import { Button, Input } from "antd";
import { useTexts } from "@/app/texts";
import { Advanced, Field } from "./Field";
import { SCHEDULE } from "./schedule-texts";

const SYNTAX = [
  ["*", "syntax.star"],
  ["1,15", "syntax.list"],
  ["1-5", "syntax.range"],
  ["*/15", "syntax.step"],
  ["L", "syntax.last"],
  ["1#2", "syntax.nth"],
  ["5L", "syntax.lastWeekday"],
] as const;

const EXAMPLES = [
  ["*/15 9-17 * * 1-5", "example.quarter"],
  ["0 0 * * *", "example.midnight"],
  ["30 23 L * *", "example.monthEnd"],
  ["0 6 * * 1#2", "example.secondMonday"],
  ["*/30 * * * * *", "example.seconds"],
] as const;

export function ExpressionView({ cron, onChange }: { cron: string; onChange: (cron: string) => void }) {
  const t = useTexts(SCHEDULE);
  return (
    <>
      <Field pointer="/schedule_config/cron" label={t("cron.label")} help={t("cron.help")}>
        {(control) => <Input {...control} className="mono" size="large" value={cron} placeholder="0 9 * * 1-5" spellCheck={false} autoComplete="off" autoCapitalize="off" onChange={(event) => onChange(event.target.value)} style={{ maxWidth: 480 }} />}
      </Field>
      <Advanced label={t("cron.syntax")}>
        <dl style={{ display: "grid", gridTemplateColumns: "max-content 1fr", gap: "4px 16px", margin: "0 0 12px" }}>
          {SYNTAX.map(([sign, meaning]) => (
            <div key={sign} style={{ display: "contents" }}>
              <dt><code>{sign}</code></dt>
              <dd style={{ margin: 0 }}>{t(meaning)}</dd>
            </div>
          ))}
        </dl>
        <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 4 }}>
          {EXAMPLES.map(([example, meaning]) => (
            <li key={example} style={{ display: "flex", flexWrap: "wrap", gap: 8, alignItems: "center" }}>
              <Button size="small" aria-label={t("cron.use", { cron: example })} onClick={() => onChange(example)}><code>{example}</code></Button>
              <span>{t(meaning)}</span>
            </li>
          ))}
        </ul>
      </Advanced>
    </>
  );
}
