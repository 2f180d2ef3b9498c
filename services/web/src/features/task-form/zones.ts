// Wall clocks and instants: what a person enters is the time of the schedule's zone, what is sent is an instant. Pure.

/** Minutes that the clocks of `zone` are ahead of UTC at an instant. */
export function offsetAt(zone: string, instant: Date): number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
  });
  const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  const wall = Date.UTC(parts.year ?? 0, (parts.month ?? 1) - 1, parts.day, parts.hour, parts.minute, parts.second);
  return Math.round((wall - Math.floor(instant.getTime() / 1_000) * 1_000) / 60_000);
}

/** The instant at which clocks of `zone` show `wall` ("2026-11-24T09:00:00"), spelt with the offset of then. */
export function instantOf(wall: string, zone: string): string {
  const naive = Date.parse(`${wall}Z`);
  let offset = offsetAt(zone, new Date(naive));
  // The offset may change between the guess and the instant: once more with what holds there.
  offset = offsetAt(zone, new Date(naive - offset * 60_000));
  const sign = offset < 0 ? "-" : "+";
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  return `${wall}${sign}${two(hours)}:${two(minutes)}`;
}

/** What clocks of `zone` show at an instant: "2026-11-24T09:00:00". */
export function wallOf(instant: string, zone: string): string | null {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return null;
  return new Date(at.getTime() + offsetAt(zone, at) * 60_000).toISOString().slice(0, 19);
}

/** Whether this browser knows a zone; the server's list may be newer. */
export function isKnown(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}
