// Kinds of channels as people know them, and what the API keeps of each: config and secret. Pure.
//
// Chat services are addresses in Apprise's words. Nobody has to know those: the fields of each service are put
// together here.
import type { Schema } from "@/api/client";

export type Channel = Schema<"Channel">;
export type Kind = Channel["kind"];
export type ServiceName =
  | "email" | "webhook" | "alertmanager" | "line" | "telegram" | "slack" | "discord" | "gchat" | "webex" | "pagerduty" | "opsgenie" | "pushover" | "other";

export interface SecretField {
  name: string;
  /** Codes in `texts.ts`. */
  label: `field.${string}`;
  help?: `field.${string}`;
  optional?: boolean;
  /** An identifier, not a password: may be seen while it is typed. */
  plain?: boolean;
  example?: string;
}

export interface Service {
  kind: Kind;
  /** Of its Apprise address. */
  scheme?: string;
  fields: SecretField[];
  /** The secret as the API takes it; null: the fields cannot be such ones. */
  secret: (fields: Record<string, string>) => Record<string, string> | null;
}

const encoded = encodeURIComponent;
const webhook = (example: string): SecretField[] => [{ name: "webhook", label: "field.webhook", example }];

/** Parts of a pasted webhook's address. */
function parts(address: string, pattern: RegExp): string[] | null {
  const found = pattern.exec(address.trim());
  return found ? found.slice(1).map((part) => decodeURIComponent(part)) : null;
}

function pasted(scheme: string, pattern: RegExp): Service["secret"] {
  return ({ webhook: address = "" }) => {
    const found = parts(address, pattern);
    return found ? { url: `${scheme}://${found.map(encoded).join("/")}` } : null;
  };
}

export const SERVICES: Record<ServiceName, Service> = {
  email: { kind: "email", fields: [], secret: () => ({}) },
  webhook: {
    kind: "webhook",
    fields: [
      { name: "url", label: "field.url", help: "field.url.private", plain: true, example: "https://example.com/hooks/automation" },
      { name: "signing_key", label: "field.signing_key", help: "field.signing_key.help", optional: true },
    ],
    secret: filled,
  },
  alertmanager: {
    kind: "alertmanager",
    fields: [
      { name: "url", label: "field.url", help: "field.url.alertmanager", plain: true, example: "https://alertmanager.example.com" },
      { name: "bearer", label: "field.bearer", optional: true },
    ],
    secret: filled,
  },
  line: {
    kind: "apprise",
    scheme: "line",
    fields: [
      { name: "token", label: "field.token.line" },
      { name: "to", label: "field.to.line", help: "field.to.line.help", plain: true, example: "C0123456789abcdef0123456789abcdef" },
    ],
    secret: ({ token = "", to = "" }) => (/^[UCR][0-9a-f]{32}$/i.test(to.trim()) ? { url: `line://${encoded(token.trim())}/${to.trim()}` } : null),
  },
  telegram: {
    kind: "apprise",
    scheme: "tgram",
    fields: [
      { name: "token", label: "field.token.telegram", example: "123456789:AA…" },
      { name: "chat", label: "field.chat", plain: true, example: "-1001234567890" },
    ],
    secret: ({ token = "", chat = "" }) =>
      /^\d+:[\w-]{10,}$/.test(token.trim()) && /^(-?\d+|@\w+)$/.test(chat.trim()) ? { url: `tgram://${token.trim()}/${encoded(chat.trim())}` } : null,
  },
  slack: { kind: "apprise", scheme: "slack", fields: webhook("https://hooks.slack.com/services/T…/B…/…"), secret: pasted("slack", /^https:\/\/hooks\.slack\.com\/services\/(\w+)\/(\w+)\/(\w+)\/?$/) },
  discord: { kind: "apprise", scheme: "discord", fields: webhook("https://discord.com/api/webhooks/…/…"), secret: pasted("discord", /^https:\/\/(?:\w+\.)?discord(?:app)?\.com\/api\/webhooks\/(\d+)\/([\w-]+)\/?$/) },
  gchat: {
    kind: "apprise",
    scheme: "gchat",
    fields: webhook("https://chat.googleapis.com/v1/spaces/…/messages?key=…&token=…"),
    secret: pasted("gchat", /^https:\/\/chat\.googleapis\.com\/v1\/spaces\/([\w-]+)\/messages\?key=([^&\s]+)&token=([^&\s]+)$/),
  },
  webex: { kind: "apprise", scheme: "wxteams", fields: webhook("https://webexapis.com/v1/webhooks/incoming/…"), secret: pasted("wxteams", /^https:\/\/(?:webexapis\.com|api\.ciscospark\.com)\/v1\/webhooks\/incoming\/([\w-]+)\/?$/) },
  pagerduty: {
    kind: "apprise",
    scheme: "pagerduty",
    fields: [{ name: "integration", label: "field.integration" }, { name: "apiKey", label: "field.apiKey" }],
    secret: ({ integration = "", apiKey = "" }) => ({ url: `pagerduty://${encoded(integration.trim())}@${encoded(apiKey.trim())}/` }),
  },
  opsgenie: { kind: "apprise", scheme: "opsgenie", fields: [{ name: "apiKey", label: "field.apiKey" }], secret: ({ apiKey = "" }) => ({ url: `opsgenie://${encoded(apiKey.trim())}/` }) },
  pushover: {
    kind: "apprise",
    scheme: "pover",
    fields: [{ name: "user", label: "field.user" }, { name: "token", label: "field.token" }],
    secret: ({ user = "", token = "" }) => ({ url: `pover://${encoded(user.trim())}@${encoded(token.trim())}/` }),
  },
  other: { kind: "apprise", fields: [{ name: "url", label: "field.address", example: "ntfys://…" }], secret: filled },
};

export const GROUPS: { name: `group.${"usual" | "chat" | "oncall"}`; services: ServiceName[] }[] = [
  { name: "group.usual", services: ["email", "webhook", "alertmanager"] },
  { name: "group.chat", services: ["line", "telegram", "slack", "discord", "gchat", "webex"] },
  { name: "group.oncall", services: ["pagerduty", "opsgenie", "pushover", "other"] },
];

function filled(fields: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, text.trim()]).filter(([, text]) => text !== ""));
}

/** Which service a stored channel is; of chat services only the scheme is shown. */
export function serviceOf(channel: Pick<Channel, "kind" | "target">): ServiceName {
  if (channel.kind !== "apprise") return channel.kind;
  const scheme = (channel.target ?? "").split(":")[0];
  const found = (Object.entries(SERVICES) as [ServiceName, Service][]).find(([, service]) => service.scheme === scheme);
  return found ? found[0] : "other";
}

export type SecretChoice = { secret: Record<string, string> | undefined } | { missing: string[] } | { wrong: string };

/**
 * What is sent of the secret fields. `stored`: there is a secret already, which stays if nothing is filled in.
 * `missing`: fields that must be filled in, too. `wrong`: the field that cannot be such one.
 */
export function chooseSecret(name: ServiceName, fields: Record<string, string | undefined>, stored: boolean): SecretChoice {
  const service = SERVICES[name];
  if (service.fields.length === 0) return { secret: undefined };
  const texts = Object.fromEntries(service.fields.map((each) => [each.name, fields[each.name]?.trim() ?? ""]));
  if (stored && Object.values(texts).every((text) => text === "")) return { secret: undefined };
  const missing = service.fields.filter((each) => !each.optional && texts[each.name] === "").map((each) => each.name);
  if (missing.length > 0) return { missing };
  const secret = service.secret(texts);
  return secret ? { secret } : { wrong: service.fields.at(-1)?.name ?? "" };
}
