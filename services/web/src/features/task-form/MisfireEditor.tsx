// What becomes of fires that nobody could start in time, each policy drawn as an outage in a row of fires.
import { InputNumber, Radio } from "antd";
import { useTexts } from "@/app/texts";
import { Choices } from "./Choices";
import { Advanced, Field, Group } from "./Field";
import { type Config, withConfig } from "./fields";
import { SCHEDULE } from "./schedule-texts";
import { Seconds } from "./Seconds";

const POLICIES = ["fire_once", "fire_all", "skip"] as const;
const PICKS = ["latest", "earliest"] as const;
type Policy = (typeof POLICIES)[number];

const USUAL = { threshold_seconds: 60, policy: "fire_once", pick: "latest", catchup_window_seconds: 86_400, limit: 100 };

export function MisfireEditor({ value, onChange }: { value: Config | null; onChange: (misfire: Config | null) => void }) {
  const t = useTexts(SCHEDULE);
  const misfire = { ...USUAL, ...value };
  const policy = misfire.policy as Policy;
  const write = (changes: Config) => {
    const next = withConfig(value ?? {}, changes);
    onChange(Object.keys(next).length > 0 ? next : null);
  };
  return (
    <Advanced label={t("more.misfire")} open={value !== null}>
      <Group pointer="/schedule_config/misfire" legend={t("misfire.legend")} nested>
        <Choices<Policy>
          label={t("misfire.legend")}
          width={140}
          value={policy}
          onChange={(next) => write({ policy: next })}
          options={POLICIES.map((each) => ({ value: each, title: t(`misfire.${each}`), text: t(`misfire.${each}.text`), drawing: <MisfireDrawing policy={each} label={t("misfire.outage")} /> }))}
        />
      </Group>
      <div style={{ display: "grid", columnGap: 16, gridTemplateColumns: "repeat(auto-fill, minmax(min(240px, 100%), 1fr))" }}>
        <Field pointer="/schedule_config/misfire/threshold_seconds" label={t("misfire.threshold")} help={t("misfire.threshold.help")}>
          {(control) => <Seconds control={control} max={7 * 86_400} value={Number(misfire.threshold_seconds)} onChange={(seconds) => write({ threshold_seconds: seconds })} />}
        </Field>
        {policy === "skip" ? null : (
          <Field pointer="/schedule_config/misfire/catchup_window_seconds" label={t("misfire.window")} help={t("misfire.window.help")}>
            {(control) => <Seconds control={control} min={0} max={366 * 86_400} value={Number(misfire.catchup_window_seconds)} onChange={(seconds) => write({ catchup_window_seconds: seconds })} />}
          </Field>
        )}
        {policy === "fire_all" ? (
          <Field pointer="/schedule_config/misfire/limit" label={t("misfire.limit")}>
            {(control) => <InputNumber {...control} min={1} max={1_000} precision={0} value={Number(misfire.limit)} onChange={(limit) => write({ limit })} style={{ width: 140 }} />}
          </Field>
        ) : null}
        {policy === "fire_once" ? (
          <Group pointer="/schedule_config/misfire/pick" legend={t("misfire.pick")}>
            <Radio.Group value={misfire.pick} onChange={(event) => write({ pick: event.target.value as string })} options={PICKS.map((each) => ({ value: each, label: t(`pick.${each}`) }))} />
          </Group>
        ) : null}
      </div>
    </Advanced>
  );
}

const FIRES = [10, 32, 54, 76, 98];
const [DOWN, UP] = [22, 84];

/** Hollow: missed; full: run; the sentence beside it says the same. */
function MisfireDrawing({ policy, label }: { policy: Policy; label: string }) {
  const ran = policy === "fire_all" ? [88, 93, 98] : policy === "fire_once" ? [89] : [];
  return (
    <svg viewBox="0 0 124 34" width="100%" height="44" aria-hidden style={{ display: "block", marginBlockStart: 6, maxWidth: 220 }}>
      <rect x={DOWN} y={2} width={UP - DOWN} height={30} rx={3} fill="var(--ant-color-fill-tertiary)" />
      <text x={(DOWN + UP) / 2} y={11} textAnchor="middle" fontSize={8} fill="var(--ant-color-text-description)">{label}</text>
      <line x1={2} x2={122} y1={22} y2={22} stroke="var(--ant-color-border)" />
      {FIRES.map((x) => {
        const missed = x > DOWN && x < UP;
        return <circle key={x} cx={x === 98 ? 114 : x} cy={22} r={4} fill={missed ? "var(--ant-color-bg-container)" : "var(--ant-color-primary)"} stroke={missed ? "var(--ant-color-text-tertiary)" : "var(--ant-color-primary)"} strokeDasharray={missed ? "2 1.5" : undefined} />;
      })}
      {ran.map((x) => (
        <circle key={`ran ${x}`} cx={x} cy={22} r={3.2} fill="var(--ant-color-warning)" />
      ))}
    </svg>
  );
}
