// The schedule: presets, grid, expression, interval and once are views of one `schedule_config`. Another kind of rule
// replaces the one that is there, which is kept and comes back when its view is chosen again.
import { App, Button, Segmented } from "antd";
import { useRef, useState } from "react";
import { useTexts } from "@/app/texts";
import { Choices } from "./Choices";
import { CronGrid } from "./CronGrid";
import { type CrontabLine, CrontabImport } from "./CrontabImport";
import { DstChoice } from "./DstChoice";
import { ExpressionView } from "./ExpressionView";
import { Field, Group, Help, Problems } from "./Field";
import { type Config, withConfig } from "./fields";
import { useForm } from "./form";
import { IntervalView } from "./IntervalView";
import { MisfireEditor } from "./MisfireEditor";
import { Preview } from "./Preview";
import { presetOf } from "./presets";
import { PresetsView } from "./PresetsView";
import { cronOf, kindOf, type RuleKind, ruleOf, type View, viewKind, withRule } from "./schedule";
import { SCHEDULE } from "./schedule-texts";
import { useExplained } from "./useExplained";
import { usePreview } from "./usePreview";
import { WallTime } from "./WallTime";
import { textOf, WindowEditor } from "./WindowEditor";
import { ZonePicker } from "./ZonePicker";
import { instantOf, isKnown, wallOf } from "./zones";

const VIEWS: View[] = ["presets", "grid", "expression", "interval", "once"];
const USUAL_CRON = "0 9 * * *";

export function ScheduleEditor() {
  const { draft } = useForm();
  const config = draft.schedule_config ?? {};
  return (
    <div style={{ display: "grid", gap: 24, gridTemplateColumns: "repeat(auto-fit, minmax(min(400px, 100%), 1fr))", alignItems: "start" }}>
      <Editor config={config} />
      <div style={{ position: "sticky", top: 64 }}>
        <Preview />
      </div>
    </div>
  );
}

function Editor({ config }: { config: Config }) {
  const t = useTexts(SCHEDULE);
  const { set, problems } = useForm();
  const [view, setView] = useState<View>(() => viewOf(config));
  const [importing, setImporting] = useState(false);
  const kept = useRef<Partial<Record<RuleKind, Config>>>({});
  const zone = textOf(config.timezone) ?? "UTC";
  const write = (next: Config) => set("schedule_config", next);
  // The JSON view or an import may have put in another kind of rule.
  const shown = viewKind(view) === kindOf(config) ? view : viewOf(config);
  const choose = (next: View) => {
    const [from, to] = [kindOf(config), viewKind(next)];
    if (from !== to) {
      kept.current[from] = ruleOf(config);
      write(withRule(config, kept.current[to] ?? usualRule(to, zone)));
    }
    setView(next);
  };
  const cron = cronOf(config);
  const writeCron = (text: string) => write(withRule(config, { cron: text, day_or: config.day_or }));
  return (
    <div style={{ minWidth: 0 }}>
      <div style={{ display: "flex", flexWrap: "wrap", gap: 8, justifyContent: "space-between", marginBlockEnd: 12 }}>
        <div style={{ maxWidth: "100%", overflowX: "auto" }}>
          <Segmented<View> aria-label={t("view.label")} value={shown} onChange={choose} options={VIEWS.map((each) => ({ value: each, label: t(`view.${each}`) }))} />
        </div>
        <Button type="link" onClick={() => setImporting(true)} style={{ padding: 0 }}>{t("crontab.open")}</Button>
      </div>
      {shown === "presets" ? <PresetsView cron={cron} onChange={writeCron} /> : null}
      {shown === "grid" ? <CronGrid cron={cron} dayOr={config.day_or !== false} onChange={writeCron} /> : null}
      {shown === "expression" ? <ExpressionView cron={cron} onChange={writeCron} /> : null}
      {viewKind(shown) === "cron" ? <Help>{t("view.same")}</Help> : null}
      {shown === "presets" || shown === "grid" ? <Problems problems={problems.filter((each) => each.pointer === "/schedule_config/cron")} /> : null}
      {shown === "interval" ? <IntervalView config={config} onChange={(rule) => write(withRule(config, rule))} /> : null}
      {shown === "once" ? (
        <Field pointer="/schedule_config/at" label={t("once.at")} help={t("once.help")}>
          {(control) => <WallTime control={control} zone={zone} clearable={false} value={textOf(config.at)} onChange={(at) => at && write(withRule(config, { at }))} />}
        </Field>
      ) : null}
      <Problems problems={problems.filter((each) => each.pointer === "/schedule_config")} />
      <div style={{ marginBlockStart: 16 }}>
        {viewKind(shown) === "cron" ? <DayOr config={config} onChange={write} /> : null}
        <ZonePicker value={zone} onChange={(next) => write(inZone(config, zone, next))} />
        <Dst config={config} onChange={write} />
        <WindowEditor config={config} zone={zone} onChange={write} />
        <MisfireEditor value={isObject(config.misfire) ? config.misfire : null} onChange={(misfire) => write(withConfig(config, { misfire }))} />
      </div>
      {importing ? <Import zone={zone} onClose={() => setImporting(false)} onTaken={() => setView("expression")} /> : null}
    </div>
  );
}

/** Only asked where both fields are restricted: elsewhere it changes nothing. */
function DayOr({ config, onChange }: { config: Config; onChange: (config: Config) => void }) {
  const t = useTexts(SCHEDULE);
  const { explained } = useExplained(cronOf(config), config.day_or !== false);
  const { day, weekday } = explained?.fields ?? {};
  if (!day || !weekday || day.text.startsWith("*") || weekday.text.startsWith("*")) return null;
  return (
    <Group pointer="/schedule_config/day_or" legend={t("day_or.legend")}>
      <Choices<"true" | "false">
        label={t("day_or.legend")}
        value={config.day_or === false ? "false" : "true"}
        onChange={(value) => onChange(withConfig(config, { day_or: value === "false" ? false : undefined }))}
        options={(["true", "false"] as const).map((each) => ({ value: each, title: t(`day_or.${each}`), text: t(`day_or.${each}.text`) }))}
      />
    </Group>
  );
}

function Dst({ config, onChange }: { config: Config; onChange: (config: Config) => void }) {
  const preview = usePreview(10);
  if (!preview.data || kindOf(config) !== "cron") return null;
  return (
    <DstChoice
      zone={preview.data.zone}
      followsRealTime={preview.data.follows_real_time}
      gap={textOf(config.dst_gap) ?? "run_after"}
      fold={textOf(config.dst_fold) ?? "first"}
      onChange={(changes) => onChange(withConfig(config, changes))}
    />
  );
}

function Import({ zone, onClose, onTaken }: { zone: string; onClose: () => void; onTaken: () => void }) {
  const t = useTexts(SCHEDULE);
  const { message } = App.useApp();
  const { draft, set } = useForm();
  const use = (line: CrontabLine, withCommand: boolean) => {
    set("schedule_config", withRule({ ...draft.schedule_config, ...line.schedule_config }, { cron: line.schedule_config?.cron }));
    if (line.comment && !draft.name) set("name", line.comment.slice(0, 200));
    if (withCommand && line.command) {
      set("task_action", "shell");
      // crond hands a command to the shell as it is.
      set("action_config", { argv: ["/bin/sh", "-c", line.command] });
    }
    void message.success(t("crontab.used", { line: line.line }));
    onTaken();
    onClose();
  };
  return <CrontabImport zone={zone} onClose={onClose} onUse={use} />;
}

function viewOf(config: Config): View {
  const kind = kindOf(config);
  if (kind !== "cron") return kind;
  return cronOf(config) === "" || presetOf(cronOf(config)) ? "presets" : "grid";
}

function usualRule(kind: RuleKind, zone: string): Config {
  if (kind === "interval") return { interval_minutes: 15 };
  if (kind === "cron") return { cron: USUAL_CRON };
  const known = isKnown(zone) ? zone : "UTC";
  const soon = new Date(Math.ceil(Date.now() / 3_600_000 + 1) * 3_600_000);
  return { at: instantOf(wallOf(soon.toISOString(), known) ?? "", known) };
}

/** Another zone: what the clock shows stays, the instants of start, end and once move. */
function inZone(config: Config, before: string, zone: string): Config {
  const moved = Object.fromEntries(
    (["at", "start_at", "end_at"] as const).flatMap((key) => {
      const instant = textOf(config[key]);
      const wall = instant && isKnown(before) && isKnown(zone) ? wallOf(instant, before) : null;
      return wall ? [[key, instantOf(wall, zone)]] : [];
    }),
  );
  return withConfig(config, { ...moved, timezone: zone });
}

function isObject(value: unknown): value is Config {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
