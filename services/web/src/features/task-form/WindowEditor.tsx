// From when to when, how far spread, and what to keep clear of.
import { useQuery } from "@tanstack/react-query";
import { Radio, Select } from "antd";
import { Link } from "react-router";
import { api, ask } from "@/api/client";
import { useTexts } from "@/app/texts";
import { Advanced, Field, Group } from "./Field";
import { type Config, withConfig } from "./fields";
import { listOf, useForm } from "./form";
import { SCHEDULE } from "./schedule-texts";
import { Seconds } from "./Seconds";
import { WallTime } from "./WallTime";

const BLACKOUTS = ["skip", "run_at_end"] as const;

export function WindowEditor({ config, zone, onChange }: { config: Config; zone: string; onChange: (config: Config) => void }) {
  const t = useTexts(SCHEDULE);
  const { draft } = useForm();
  const write = (changes: Config) => onChange(withConfig(config, changes));
  const used = Boolean(config.start_at ?? config.end_at ?? config.jitter_seconds ?? draft.blackout);
  return (
    <Advanced label={t("more.window")} open={used}>
      <div style={{ display: "grid", columnGap: 16, gridTemplateColumns: "repeat(auto-fill, minmax(min(260px, 100%), 1fr))" }}>
        {(["start_at", "end_at"] as const).map((key) => (
          <Field key={key} pointer={`/schedule_config/${key}`} label={t(key === "start_at" ? "start.label" : "end.label")} help={t("window.help")}>
            {(control) => <WallTime control={control} zone={zone} value={textOf(config[key])} onChange={(at) => write({ [key]: at })} />}
          </Field>
        ))}
        <Field pointer="/schedule_config/jitter_seconds" label={t("jitter.label")} help={t("jitter.help")}>
          {(control) => <Seconds control={control} min={0} max={86_400} placeholder={t("jitter.none")} value={typeof config.jitter_seconds === "number" && config.jitter_seconds > 0 ? config.jitter_seconds : null} onChange={(seconds) => write({ jitter_seconds: seconds || null })} />}
        </Field>
      </div>
      <BlackoutEditor />
    </Advanced>
  );
}

function BlackoutEditor() {
  const t = useTexts(SCHEDULE);
  const { draft, set } = useForm();
  const calendars = useQuery({ queryKey: ["task-form", "calendars"], queryFn: () => ask(api.GET("/api/v1/group-ai/calendars")), staleTime: 10_000 });
  const chosen = listOf(draft.blackout?.calendars);
  return (
    <>
      <Field
        pointer="/blackout/calendars"
        label={t("blackout.label")}
        help={
          <>
            {t("blackout.help")} <Link to="/calendars" target="_blank" style={{ textDecoration: "underline" }}>{t("blackout.manage")}</Link>
          </>
        }
      >
        {(control) => (
          <Select
            {...control}
            mode="multiple"
            value={chosen}
            placeholder={t("blackout.none")}
            onChange={(names: string[]) => set("blackout", names.length > 0 ? { calendars: names, on_blackout: draft.blackout?.on_blackout ?? "skip" } : null)}
            options={(calendars.data ?? []).map((each) => ({ value: each.name, label: each.description ? `${each.name} · ${each.description}` : each.name }))}
            style={{ width: "100%", maxWidth: 560 }}
          />
        )}
      </Field>
      {draft.blackout ? (
        <Group pointer="/blackout/on_blackout" legend={t("blackout.on")}>
          <Radio.Group
            value={draft.blackout.on_blackout}
            onChange={(event) => set("blackout", { calendars: chosen, on_blackout: event.target.value as "skip" })}
            options={BLACKOUTS.map((each) => ({ value: each, label: t(`blackout.${each}`) }))}
          />
        </Group>
      ) : null}
    </>
  );
}

export function textOf(value: unknown): string | null {
  return typeof value === "string" && value ? value : null;
}
