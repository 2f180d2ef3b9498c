// Rights put in order: what each is about, and which are picked together.

export const ADMIN = "admin";

export interface RightGroup {
  thing: string;
  scopes: { scope: string; deed: string }[];
}

/** Groups in the order in which they come; `admin`, which is everything, stands apart. */
export function grouped(scopes: readonly string[]): RightGroup[] {
  const groups = new Map<string, RightGroup>();
  for (const scope of scopes) {
    if (scope === ADMIN) continue;
    const [thing = scope, deed = ""] = scope.split(":");
    const group = groups.get(thing) ?? { thing, scopes: [] };
    group.scopes.push({ scope, deed });
    groups.set(thing, group);
  }
  const order = ["read", "run", "acknowledge", "write", "own", "admin"];
  for (const group of groups.values()) group.scopes.sort((one, other) => order.indexOf(one.deed) - order.indexOf(other.deed));
  return [...groups.values()];
}

export type Pick = "read" | "run" | "all" | "none";

/** What a quick choice comes to, of the rights that somebody has. */
export function picked(pick: Pick, mine: readonly string[]): string[] {
  const has = mine.filter((scope) => scope !== ADMIN);
  if (pick === "none") return [];
  if (pick === "all") return has;
  const wanted = pick === "read" ? (scope: string) => scope.endsWith(":read") : (scope: string) => ["tasks:read", "tasks:run", "runs:read"].includes(scope);
  return has.filter(wanted);
}

export type TokenState = "live" | "soon" | "expired" | "revoked";
const SOON = 7 * 86_400_000;

export function stateOf(token: { expires_at: string | null; revoked_at: string | null }, now: Date): TokenState {
  if (token.revoked_at) return "revoked";
  if (!token.expires_at) return "live";
  const left = new Date(token.expires_at).getTime() - now.getTime();
  return left <= 0 ? "expired" : left < SOON ? "soon" : "live";
}
