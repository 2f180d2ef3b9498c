// A line for a terminal that does what the page does, and the subject that an event will have.
import { BASE } from "@/api/client";

export function curl(path: string, body?: unknown): string {
  const token = '-H "Authorization: Bearer $AUTOMATION_TOKEN"';
  const address = `${window.location.origin}${BASE}${path}`;
  if (body === undefined) return `curl ${token} ${address}`;
  const text = JSON.stringify(body).replaceAll("'", "'\\''");
  return `curl ${token} -H 'Content-Type: application/json' -d '${text}' ${address}`;
}

/** As the server parts it (`event_said` in shared/bus/topology.py). */
export function subjectOf(source: string, type: string): string {
  const token = (text: string) => text.replaceAll(/[^A-Za-z0-9_-]/gu, "_") || "_";
  const words = type.split(".").filter(Boolean);
  return ["event", token(source), ...(words.length > 0 ? words : [""]).map(token)].join(".");
}
