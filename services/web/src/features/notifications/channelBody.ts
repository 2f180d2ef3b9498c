// A channel as the API takes it: whole, but for a secret that is to stay. Pure.
import type { Schema } from "@/api/client";
import { type Channel, SERVICES, type ServiceName } from "./services";

export interface ChannelValues {
  name: string;
  description: string;
  enabled: boolean;
  language: "zh-TW" | "en";
  most_messages: number | null;
  to: string[];
  labels: { name: string; value: string }[];
  secret: Record<string, string | undefined>;
}

export function valuesOf(channel: Channel | undefined, language: "zh-TW" | "en"): ChannelValues {
  const config = (channel?.config ?? {}) as Partial<{ language: "zh-TW" | "en"; most_messages: number; to: string[]; labels: Record<string, string> }>;
  return {
    name: channel?.name ?? "",
    description: channel?.description ?? "",
    enabled: channel?.enabled ?? true,
    // What a stored channel does not say is the API's default.
    language: config.language ?? (channel ? "zh-TW" : language),
    most_messages: config.most_messages ?? null,
    to: config.to ?? [],
    labels: Object.entries(config.labels ?? {}).map(([name, value]) => ({ name, value })),
    secret: {},
  };
}

export function bodyOf(service: ServiceName, values: ChannelValues, secret: Record<string, string> | undefined): Schema<"ChannelPut"> {
  const { kind } = SERVICES[service];
  const labels = Object.fromEntries(values.labels.filter((each) => each.name !== "").map((each) => [each.name, each.value]));
  return {
    kind,
    description: values.description.trim() || null,
    enabled: values.enabled,
    config: {
      language: values.language,
      ...(values.most_messages ? { most_messages: values.most_messages } : {}),
      ...(kind === "email" ? { to: values.to } : {}),
      ...(kind === "alertmanager" && values.labels.length > 0 ? { labels } : {}),
    },
    ...(secret ? { secret } : {}),
  } as Schema<"ChannelPut">;
}

/** The same channel, switched on or off; its secret stays. */
export function switched(channel: Channel, enabled: boolean): Schema<"ChannelPut"> {
  return { kind: channel.kind, description: channel.description, enabled, config: channel.config } as Schema<"ChannelPut">;
}
