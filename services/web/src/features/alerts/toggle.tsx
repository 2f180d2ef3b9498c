// Switching a rule on or off from the list, with the way back in the toast.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Space } from "antd";
import { api, ask, type Schema } from "@/api/client";
import { useTexts } from "@/app/texts";
import { sentenceOf } from "@/components/Failure";
import { WORDS } from "@/components/texts";
import { RULES } from "./rule-texts";
import type { Rule } from "./rules";

export function useToggle(): (rule: Rule, enabled: boolean) => void {
  const t = useTexts(RULES);
  const w = useTexts(WORDS);
  const { message } = App.useApp();
  const client = useQueryClient();
  const changing = useMutation({
    mutationFn: ({ rule, enabled }: { rule: Rule; enabled: boolean; undone: boolean }) =>
      ask(api.PUT("/api/v1/group-ai/alert-rules/{rule_id}", { params: { path: { rule_id: rule.id } }, body: { enabled } as Schema<"AlertRuleUpdate"> })),
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: ["alert-rules"] });
      await client.invalidateQueries({ queryKey: ["alerts"] });
    },
    onError: (error) => void message.error(sentenceOf(error, w("failure.title"))),
    onSuccess: (_, { rule, enabled, undone }) => {
      if (undone) return;
      const key = `toggle ${rule.id}`;
      void message.open({
        key,
        type: "success",
        duration: 6,
        content: (
          <Space>
            <span className="break">{enabled ? t("toggled.on", { name: rule.name }) : t("toggled.off", { name: rule.name })}</span>
            <Button
              size="small"
              onClick={() => {
                message.destroy(key);
                changing.mutate({ rule, enabled: !enabled, undone: true });
              }}
            >
              {w("undo")}
            </Button>
          </Space>
        ),
      });
    },
  });
  return (rule, enabled) => changing.mutate({ rule, enabled, undone: false });
}
