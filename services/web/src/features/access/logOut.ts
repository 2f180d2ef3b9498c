// Ends the session of this browser; nothing of it stays in memory for whoever comes next.
import { api, ask, BASE } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { queryClient } from "@/api/queries";
import { SESSION_KEY } from "@/app/session";

/** Fails if the session lives on: nobody may believe to be out who is not. */
export async function logOut(): Promise<void> {
  await ask(api.DELETE("/api/v1/group-ai/session")).catch((error: unknown) => {
    if (!(error instanceof ApiProblem && error.status === 401)) throw error;
  });
  queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== SESSION_KEY[0] });
}

/** Whoever came through a provider is logged in there as well, and would be back with one click: that one asks. */
export function leaveProvider(): void {
  window.location.assign(`${BASE}/oidc/log-out`);
}
