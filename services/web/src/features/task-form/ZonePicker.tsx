// Which time zone: found by city, by its name in the reader's language, or by its offset; the browser's own first.
import { useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { useMemo, useState } from "react";
import { api, ask, type Schema } from "@/api/client";
import { type Language, usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { Field } from "./Field";
import { SCHEDULE } from "./schedule-texts";
import { browserZone } from "@/components/zones";
import { isKnown } from "./zones";

const COMMON = ["UTC", "Asia/Taipei", "Asia/Tokyo", "Asia/Hong_Kong", "Asia/Singapore", "Europe/London", "Europe/Berlin", "America/New_York", "America/Los_Angeles"];

type Zone = Schema<"Zone">;

export function ZonePicker({ value, onChange }: { value: string; onChange: (zone: string) => void }) {
  const t = useTexts(SCHEDULE);
  const { language } = usePreferences();
  const [wanted, setWanted] = useState(false);
  const zones = useQuery({ queryKey: ["task-form", "zones"], queryFn: () => ask(api.GET("/api/v1/group-ai/time-zones")), staleTime: 3_600_000 });
  const options = useMemo(() => grouped(zones.data?.items ?? [], value, t, wanted ? language : null), [zones.data, value, t, wanted, language]);
  return (
    <Field pointer="/schedule_config/timezone" label={t("zone.label")}>
      {(control) => (
        <Select
          {...control}
          showSearch={{ filterOption: (text, option) => matches(text, option) }}
          value={value}
          onChange={onChange}
          loading={zones.isPending}
          onOpenChange={(open) => open && setWanted(true)}
          options={options}
          notFoundContent={t("zone.none")}
          style={{ width: "100%", maxWidth: 420 }}
        />
      )}
    </Field>
  );
}

interface Option {
  value: string;
  label: string;
  also: string;
}

function matches(text: string, option: unknown): boolean {
  const { label, also } = option as Partial<Option>;
  const wanted = text.toLowerCase().replaceAll(" ", "_");
  return `${label ?? ""} ${also ?? ""}`.toLowerCase().replaceAll(" ", "_").includes(wanted);
}

/** A zone stands in one group only: an option must not be there twice. */
function grouped(zones: Zone[], value: string, t: (key: keyof typeof SCHEDULE) => string, language: Language | null) {
  const known = new Map(zones.map((zone) => [zone.name, zone]));
  if (value && !known.has(value)) known.set(value, { name: value, offset: "", changes: [] });
  const own = browserZone;
  const taken = new Set<string>();
  const pick = (names: string[]) =>
    names.flatMap((name) => {
      const zone = known.get(name);
      if (!zone || taken.has(name)) return [];
      taken.add(name);
      return [{ value: name, label: zone.offset ? `${name} (UTC${zone.offset})` : name, also: language ? nameOf(name, language) : "" }];
    });
  return [
    { label: t("zone.browser"), title: "", options: pick([own]) },
    { label: t("zone.common"), title: "", options: pick(COMMON) },
    { label: t("zone.all"), title: "", options: pick([...known.keys()]) },
  ].filter((group) => group.options.length > 0);
}

const names = new Map<string, string>();

/** "Taiwan Time", 「台灣時間」: costs some time for six hundred zones, so only once the list is open. */
function nameOf(zone: string, language: Language): string {
  const key = `${language} ${zone}`;
  const found = names.get(key);
  if (found !== undefined) return found;
  const parts = isKnown(zone) ? new Intl.DateTimeFormat(language, { timeZone: zone, timeZoneName: "longGeneric" }).formatToParts(0) : [];
  const name = parts.find((part) => part.type === "timeZoneName")?.value ?? "";
  names.set(key, name);
  return name;
}
