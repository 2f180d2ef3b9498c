// Time zones as this browser knows them.

/** The reader's own. */
export const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** All of them, the likeliest first. */
export function zoneNames(): string[] {
  return [...new Set([browserZone, "UTC", ...Intl.supportedValuesOf("timeZone")])];
}
