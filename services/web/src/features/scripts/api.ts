// What the pages of scripts ask the API, and the types of its answers.
import { api, ask, askWhole, done, newIdempotencyKey, rehearsed, type Schema } from "@/api/client";

export type Script = Schema<"Script">;
export type Version = Schema<"ScriptVersion">;
export type Publication = Schema<"ScriptPublication">;
export type Publishing = Schema<"ScriptPublishing">;
export type Verb = "submit" | "approve" | "reject" | "disable";

const ONE = "/api/v1/group-ai/scripts/{script_id}" as const;
const at = (id: string) => ({ path: { script_id: id } });

export function listScripts(q: string, status: string, cursor: string) {
  return ask(api.GET("/api/v1/group-ai/scripts", { params: { query: { q, status: status as Script["status"] | "", cursor, limit: 50 } } }));
}

/** A script with the mark by which a change proves that it knows this state of it. */
export async function readScript(id: string): Promise<{ script: Script; etag: string }> {
  const { data, response } = await askWhole(api.GET(ONE, { params: at(id) }));
  return { script: data, etag: response.headers.get("ETag") ?? "" };
}

export function createScript(body: Partial<Schema<"ScriptCreate">>): Promise<Script> {
  return done(api.POST("/api/v1/group-ai/scripts", { body: body as Schema<"ScriptCreate"> }));
}

export function saveScript(id: string, body: Partial<Schema<"ScriptUpdate">>, etag: string | null): Promise<Script> {
  const header = etag ? { "If-Match": etag } : {};
  return done(api.PUT(ONE, { params: { ...at(id), header }, body: body as Schema<"ScriptUpdate"> }));
}

export function deleteScript(id: string) {
  return ask(api.DELETE(ONE, { params: at(id) }));
}

export function decide(id: string, verb: Verb, comment: string) {
  const options = { params: at(id), body: { comment: comment || null } };
  switch (verb) {
    case "submit":
      return ask(api.POST("/api/v1/group-ai/scripts/{script_id}/submit", options));
    case "approve":
      return ask(api.POST("/api/v1/group-ai/scripts/{script_id}/approve", options));
    case "reject":
      return ask(api.POST("/api/v1/group-ai/scripts/{script_id}/reject", options));
    case "disable":
      return ask(api.POST("/api/v1/group-ai/scripts/{script_id}/disable", options));
  }
}

export function validate(yaml_content: string) {
  return ask(api.POST("/api/v1/group-ai/scripts/validate", { body: { yaml_content } }));
}

export async function readVersions(id: string): Promise<Version[]> {
  const page = await ask(api.GET("/api/v1/group-ai/scripts/{script_id}/versions", { params: { ...at(id), query: { limit: 100 } } }));
  return page.items;
}

export function readUsages(id: string) {
  return ask(api.GET("/api/v1/group-ai/scripts/{script_id}/usages", { params: at(id) }));
}

export function readPublications(id: string, cursor: string) {
  return ask(api.GET("/api/v1/group-ai/scripts/{script_id}/publications", { params: { ...at(id), query: { limit: 20, cursor } } }));
}

export function readPublication(run_id: string) {
  return ask(api.GET("/api/v1/group-ai/script-publications/{run_id}", { params: { path: { run_id } } }));
}

export function readTargets(run_id: string, fate: string, cursor: string) {
  const query = { limit: 50, cursor, fate: fate as Schema<"ScriptTarget">["fate"] | "" };
  return ask(api.GET("/api/v1/group-ai/script-publications/{run_id}/targets", { params: { path: { run_id }, query } }));
}

export function planPublication(id: string, params: Record<string, unknown>): Promise<Publishing> {
  return rehearsed(api.POST("/api/v1/group-ai/scripts/{script_id}/publish", { params: { ...at(id), query: { dry_run: "true" } }, body: { params } }));
}

export function publish(id: string, params: Record<string, unknown>): Promise<Publishing> {
  const header = { "Idempotency-Key": newIdempotencyKey() };
  return done(api.POST("/api/v1/group-ai/scripts/{script_id}/publish", { params: { ...at(id), header }, body: { params } }));
}

export async function alertRuleNames(): Promise<string[]> {
  const page = await ask(api.GET("/api/v1/group-ai/alert-rules", { params: { query: { limit: 100 } } }));
  return page.items.map((each) => each.name);
}
