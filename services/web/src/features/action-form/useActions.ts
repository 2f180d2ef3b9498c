// The installed actions, in the reader's language, and what their forms offer to choose from.
import { useQuery } from "@tanstack/react-query";
import { api, ask, type Schema } from "@/api/client";
import { CALM } from "@/api/queries";
import { usePreferences } from "@/app/preferences";
import { useSession } from "@/app/session";

export type Action = Schema<"Action">;

export function useActions() {
  const { language } = usePreferences();
  return useQuery({
    queryKey: ["actions", language],
    queryFn: () => ask(api.GET("/api/v1/group-ai/automation-actions")),
    staleTime: 5 * 60_000,
  });
}

export function titleOf(action: Action, language: string): string {
  return action.title[language] ?? action.title.en ?? action.name;
}

export function descriptionOf(action: Action, language: string): string {
  return action.description[language] ?? action.description.en ?? "";
}

export interface Choice {
  value: string;
  label: string;
}

export type Listed = "accounts" | "account-tags" | "account-groups" | "scripts" | "alert-rules" | "secrets";

const SCOPES: Record<Listed, string> = {
  accounts: "accounts:read",
  "account-tags": "accounts:read",
  "account-groups": "accounts:read",
  scripts: "scripts:read",
  "alert-rules": "alerts:read",
  secrets: "secrets:read",
};

/** Undefined: the reader may not list these, or they are not there yet. */
export function useChoices(listed: Listed): { choices: Choice[] | undefined; denied: boolean } {
  const { can } = useSession();
  const allowed = can(SCOPES[listed]);
  const query = useQuery({
    queryKey: ["actions", "choices", listed],
    queryFn: () => LISTS[listed](),
    enabled: allowed,
    staleTime: CALM,
  });
  return { choices: query.data, denied: !allowed };
}

const MOST = 500;

const LISTS: Record<Listed, () => Promise<Choice[]>> = {
  accounts: async () => (await accounts()).map((each) => ({ value: each.account_id, label: each.display_name ? `${each.display_name} (${each.account_id})` : each.account_id })),
  "account-tags": async () => distinct((await accounts()).flatMap((each) => each.tags)),
  "account-groups": async () => distinct((await accounts()).flatMap((each) => each.group_ids)),
  scripts: async () => {
    const page = await ask(api.GET("/api/v1/group-ai/scripts", { params: { query: { limit: MOST } } }));
    return page.items.map((each) => ({ value: each.script_id, label: `${each.name} (${each.script_id})` }));
  },
  "alert-rules": async () => {
    const page = await ask(api.GET("/api/v1/group-ai/alert-rules", { params: { query: { limit: MOST } } }));
    return page.items.map((each) => ({ value: each.name, label: each.name }));
  },
  secrets: async () => {
    const page = await ask(api.GET("/api/v1/group-ai/secrets", { params: { query: { limit: MOST } } }));
    return page.items.map((each) => ({ value: each.name, label: each.description ? `${each.name} — ${each.description}` : each.name }));
  },
};

async function accounts() {
  const page = await ask(api.GET("/api/v1/group-ai/accounts", { params: { query: { limit: MOST } } }));
  return page.items;
}

function distinct(values: string[]): Choice[] {
  return [...new Set(values)].sort().map((value) => ({ value, label: value }));
}
