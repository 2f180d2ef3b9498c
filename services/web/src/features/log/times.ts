// How the time of a line is written. Pure.

export type Times = "off" | "relative" | "local" | "utc";
export const TIMES: readonly Times[] = ["off", "relative", "local", "utc"];

export function timesOf(word: string | null): Times {
  return TIMES.includes(word as Times) ? (word as Times) : "off";
}

const pad = (value: number, width = 2) => String(Math.trunc(value)).padStart(width, "0");

/** `since` is the first line's instant, in milliseconds. */
export function timeText(at: string, times: Times, since: number): string | null {
  if (times === "off") return null;
  const instant = new Date(at);
  if (times === "relative") return relativeTime((instant.getTime() - since) / 1_000);
  if (times === "utc") return `${instant.toISOString().slice(0, 23).replace("T", " ")}Z`;
  const day = `${instant.getFullYear()}-${pad(instant.getMonth() + 1)}-${pad(instant.getDate())}`;
  return `${day} ${pad(instant.getHours())}:${pad(instant.getMinutes())}:${pad(instant.getSeconds())}.${pad(instant.getMilliseconds(), 3)}`;
}

function relativeTime(seconds: number): string {
  const sign = seconds < 0 ? "-" : "+";
  const whole = Math.abs(seconds);
  const minutes = Math.floor(whole / 60);
  const rest = (whole - minutes * 60).toFixed(3).padStart(6, "0");
  return minutes >= 60 ? `${sign}${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${rest}` : `${sign}${pad(minutes)}:${rest}`;
}

