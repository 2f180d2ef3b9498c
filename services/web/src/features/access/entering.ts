// What the pages at the door have in common: the secret behind the #, where to go afterwards, and becoming somebody.
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { useNavigate } from "react-router";
import type { Schema } from "@/api/client";
import { usePreferences } from "@/app/preferences";
import { SESSION_KEY } from "@/app/session";

export type Entered = Schema<"Session">;

/** The address to return to after a log-in: one of this page, whatever the query says. */
export function safeNext(wanted: string | null, origin: string): string {
  if (!wanted?.startsWith("/")) return "/";
  try {
    const url = new URL(wanted, origin);
    // "//evil" and "/\evil" are addresses of other hosts.
    if (url.origin !== origin || /^\/(login|setup|set-password)\b/.test(url.pathname)) return "/";
    return url.pathname + url.search + url.hash;
  } catch {
    return "/";
  }
}

const PROBLEMS = ["oidc.away", "oidc.state", "oidc.issuer", "oidc.refused", "oidc.code", "oidc.token", "oidc.subject", "oidc.domain", "oidc.group", "oidc.no_role", "oidc.not_set_up", "auth.disabled"] as const;
type ProblemKey = `problem.${(typeof PROBLEMS)[number]}` | "problem.other";

/** The text of what went wrong at a provider; the code comes out of the address, so it may be anything. */
export function problemKey(code: string): ProblemKey {
  const known = PROBLEMS.find((each) => each === code);
  return known ? `problem.${known}` : "problem.other";
}

// A page may be mounted twice before it is seen; the address holds the secret only the first time.
const taken = new Map<string, string>();

/** The secret of a link, read once and taken out of the address, so that it stays in no history and no screenshot. */
export function useLinkSecret(): string {
  const { pathname, search, hash } = window.location;
  const [secret] = useState(hash.slice(1) || (taken.get(pathname) ?? ""));
  useEffect(() => {
    if (!window.location.hash) return;
    taken.set(pathname, window.location.hash.slice(1));
    window.history.replaceState(window.history.state, "", pathname + search);
  }, [pathname, search]);
  return secret;
}

/** Takes the answer of a log-in: from now on the page is this user's, in their language. */
export function useEnter(): (entered: Entered, next: string) => Promise<void> {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { setLanguage } = usePreferences();
  return useCallback(
    async (entered, next) => {
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== SESSION_KEY[0] });
      client.setQueryData(SESSION_KEY, entered);
      if (entered.user?.language) setLanguage(entered.user.language);
      await navigate(next, { replace: true });
    },
    [client, navigate, setLanguage],
  );
}
