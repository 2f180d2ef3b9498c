// What the pages of accounts ask the API, and the types of its answers.
import { api, ask, done, newIdempotencyKey, rehearsed, type Schema } from "@/api/client";

export type Account = Schema<"Account">;
export type Counts = Schema<"AccountCounts">;
export type BulkResult = Schema<"AccountBulkResult">;
/** What is left out has its default. */
export type BulkBody = Partial<Schema<"AccountBulk">> & Pick<Schema<"AccountBulk">, "action">;
export type Action = BulkBody["action"];
export type HistoryItem = Schema<"AccountHistoryItem">;

/** The fields by which accounts are narrowed, as they stand in the address. */
export interface Filter {
  q: string;
  state: string;
  desired: string;
  server: string;
  group: string;
  tag: string;
  script: string;
  active: string;
  held: string;
}

export const NO_FILTER: Filter = { q: "", state: "", desired: "", server: "", group: "", tag: "", script: "", active: "", held: "" };

/** The query of the list: only what is set, and no word that the API would refuse. */
export function queryOf(filter: Filter): Record<string, string> {
  return Object.fromEntries(Object.entries(filter).filter(([name, value]) => name in NO_FILTER && value !== ""));
}

/** The same filter as the body of a bulk change takes it. */
export function bodyOf(filter: Filter): NonNullable<BulkBody["filter"]> {
  const { active, held, ...words } = filter;
  const booleans = Object.fromEntries(Object.entries({ active, held }).filter(([, value]) => value !== "").map(([name, value]) => [name, value === "true"]));
  return { ...queryOf({ ...NO_FILTER, ...words }), ...booleans } as NonNullable<BulkBody["filter"]>;
}

const ONE = "/api/v1/group-ai/accounts/{account_id}" as const;
const at = (id: string) => ({ params: { path: { account_id: id } } });

export function listAccounts(filter: Filter, cursor: string) {
  return ask(api.GET("/api/v1/group-ai/accounts", { params: { query: { ...queryOf(filter), limit: 50, cursor } } }));
}

export function countAccounts(filter: Filter) {
  return ask(api.GET("/api/v1/group-ai/account-counts", { params: { query: queryOf(filter) } }));
}

export function readAccount(id: string) {
  return ask(api.GET(ONE, at(id)));
}

export function rehearseBulk(body: BulkBody): Promise<BulkResult> {
  return rehearsed(api.POST("/api/v1/group-ai/account-bulk", { params: { query: { dry_run: "true" } }, body: body as Schema<"AccountBulk"> }));
}

export function changeMany(body: BulkBody): Promise<BulkResult> {
  const header = { "Idempotency-Key": newIdempotencyKey() };
  return done(api.POST("/api/v1/group-ai/account-bulk", { params: { header }, body: body as Schema<"AccountBulk"> }));
}

export function start(id: string) {
  return ask(api.POST("/api/v1/group-ai/accounts/{account_id}/start", at(id)));
}

export function stop(id: string, now: boolean) {
  const body = { drain: { mode: "now" as const, wait_seconds: 0 } };
  return ask(api.POST("/api/v1/group-ai/accounts/{account_id}/stop", { ...at(id), ...(now ? { body } : {}) }));
}

export function hold(id: string, body: Schema<"HoldPut">) {
  return ask(api.PUT("/api/v1/group-ai/accounts/{account_id}/hold", { ...at(id), body }));
}

export function release(id: string) {
  return ask(api.DELETE("/api/v1/group-ai/accounts/{account_id}/hold", at(id)));
}

export function remove(id: string) {
  return ask(api.DELETE(ONE, at(id)));
}

export function readHistory(id: string, cursor: string) {
  return ask(api.GET("/api/v1/group-ai/accounts/{account_id}/history", { params: { path: { account_id: id }, query: { limit: 30, cursor } } }));
}

export function readOutput(id: string, lines: number) {
  return ask(api.GET("/api/v1/group-ai/accounts/{account_id}/output", { params: { path: { account_id: id }, query: { lines } } }));
}

/** A script by which an account is played may be any; this offers those that there are. */
export async function scriptChoices(q: string): Promise<{ value: string; label: string }[]> {
  const found = await ask(api.GET("/api/v1/group-ai/scripts", { params: { query: { q, limit: 50 } } }));
  return found.items.map((each) => ({ value: each.script_id, label: `${each.name} (${each.script_id})` }));
}
