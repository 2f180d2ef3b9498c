// Ends the session of this browser; nothing of it stays in memory for whoever comes next.
import { BASE } from "@/api/client";
import { queryClient } from "@/api/queries";
import { SESSION_KEY } from "@/app/session";

export async function logOut(): Promise<void> {
  await fetch(`${BASE}/session`, { method: "DELETE", headers: { "X-Requested-With": "automation" } });
  queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== SESSION_KEY[0] });
}
