// Saving a part of the settings of alerts.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App } from "antd";
import { api, ask, type Schema } from "@/api/client";
import { useTexts } from "@/app/texts";
import { SETTINGS } from "./settings-texts";

export type Settings = Schema<"AlertSettings">;

/** Refused if somebody else has changed them meanwhile. */
export function useSaveSettings(settings: Settings, onRefused: (error: unknown) => void) {
  const t = useTexts(SETTINGS);
  const { message } = App.useApp();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (changes: Partial<Schema<"AlertSettingsUpdate">>) =>
      ask(api.PUT("/api/v1/group-ai/alert-settings", { params: { header: { "If-Match": `"${settings.version}"` } }, body: changes as Schema<"AlertSettingsUpdate"> })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["alert-settings"] });
      void message.success(t("saved"));
    },
    onError: onRefused,
  });
}
