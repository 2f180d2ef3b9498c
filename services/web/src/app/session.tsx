// Who is looking: asked once, kept fresh, and what they may do. Without a session the log-in page is shown;
// one that ends while somebody works opens a dialog over the page, so that nothing typed is lost.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { BASE, type Schema } from "@/api/client";
import { onEnded } from "@/api/ended";
import { ApiProblem, problemOf, Unreachable } from "@/api/problem";

export type Session = Schema<"Session">;

export interface SessionState {
  session: Session | null;
  loading: boolean;
  error: unknown;
  /** Whether the reader may do what needs `scope` (the API decides; this only spares a refusal). */
  can: (scope: string) => boolean;
  /** The session is over, and nobody said so: `session` is the one before. */
  ended: boolean;
  /** Ask again who we are, after a log-in. */
  refresh: () => Promise<void>;
  /** From now on nobody is logged in. */
  leave: () => void;
}

export const SESSION_KEY = ["session"] as const;
const SessionContext = createContext<SessionState | null>(null);

export function SessionProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const query = useQuery({ queryKey: SESSION_KEY, queryFn: whoAmI, staleTime: 30_000, refetchInterval: 60_000 });
  const [last, setLast] = useState<Session | null>(null);
  if (query.data && query.data !== last) setLast(query.data);
  // While somebody logs in again, pages keep what they showed: what one may not do would vanish with what was typed.
  const session = query.data ?? last;
  const ended = query.data === null && last !== null;
  // Whoever is refused for it finds out first; the page then asks who we are, and the door asks for the password.
  useEffect(() => onEnded(() => void client.invalidateQueries({ queryKey: SESSION_KEY })), [client]);
  const state = useMemo<SessionState>(
    () => ({
      session,
      loading: query.isPending,
      error: query.error,
      can: (scope) => !!session && (session.scopes.includes("admin") || session.scopes.includes(scope)),
      ended,
      refresh: async () => {
        await client.invalidateQueries({ queryKey: SESSION_KEY });
      },
      leave: () => {
        setLast(null);
        client.setQueryData(SESSION_KEY, null);
      },
    }),
    [session, ended, query.isPending, query.error, client],
  );
  return <SessionContext value={state}>{children}</SessionContext>;
}

export function useSession(): SessionState {
  const found = useContext(SessionContext);
  if (!found) throw new Error("outside of SessionProvider");
  return found;
}

/** Null: nobody is logged in. Not through `api`: there, that answer means that a session has ended, and asks here. */
async function whoAmI(): Promise<Session | null> {
  let response: Response;
  try {
    response = await fetch(`${BASE}/session`, { headers: { Accept: "application/json" } });
  } catch (error) {
    throw new Unreachable(String(error));
  }
  if (response.ok) return (await response.json()) as Session;
  const problem = await problemOf(response);
  if (problem instanceof ApiProblem && problem.status === 401) return null;
  throw problem;
}
