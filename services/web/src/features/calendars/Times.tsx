// The blackouts of a calendar that come next, in its own zone: whole days as days, all else to the minute.
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import type { Calendar } from "./contents";
import { CALENDARS } from "./texts";

type Blackout = Calendar["times"][number];

export function Times({ times, zone }: { times: Blackout[]; zone: string }) {
  const t = useTexts(CALENDARS);
  const { language } = usePreferences();
  if (times.length === 0) return <span style={{ color: "var(--ant-color-text-description)" }}>{t("next.none")}</span>;
  const day: Intl.DateTimeFormatOptions = { year: "numeric", month: "2-digit", day: "2-digit", weekday: "short", timeZone: zone };
  const days = new Intl.DateTimeFormat(language, day);
  const moments = new Intl.DateTimeFormat(language, { ...day, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone });
  const said = (each: Blackout) => {
    const [from, to] = [new Date(each.from), new Date(each.to)];
    const whole = clock.format(from) === "00:00" && clock.format(to) === "00:00";
    if (!whole) return t("until", { from: moments.format(from), to: moments.format(to) });
    // The last day is the one that ends at that midnight.
    const [first, last] = [days.format(from), days.format(new Date(to.getTime() - 1))];
    return first === last ? first : t("until", { from: first, to: last });
  };
  return (
    <ul className="tabular" style={{ margin: 0, paddingInlineStart: 20 }}>
      {times.map((each) => <li key={each.from}>{said(each)}</li>)}
    </ul>
  );
}
