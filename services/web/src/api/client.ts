// The one way to the API: typed by its OpenAPI document, in the reader's language, with the header that
// proves a request comes from this page. Failures are thrown as ApiProblem or Unreachable.
//
//   const task = await ask(api.GET("/api/v1/group-ai/automation-tasks/{task_id}", { params: { path: { task_id } } }));
import createClient from "openapi-fetch";
import { tellEnded } from "./ended";
import { problemOf, Unreachable } from "./problem";
import type { components, paths } from "./schema";

export const BASE = "/api/v1/group-ai";
/** `Schema<"Task">` is the type of a task as the API answers it. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

export const api = createClient<paths>({ baseUrl: "/", credentials: "same-origin" });

api.use({
  onRequest({ request }) {
    request.headers.set("Accept-Language", document.documentElement.lang);
    request.headers.set("Accept", "application/json");
    // Other sites cannot set it without asking first, which the API never allows.
    request.headers.set("X-Requested-With", "automation");
  },
  async onResponse({ response }) {
    if (response.status === 401) tellEnded();
    if (!response.ok) throw await problemOf(response);
  },
  onError({ error, request }) {
    if (!request.signal.aborted) throw new Unreachable(String(error));
  },
});

type Answer<Data> = { data?: Data; response: Response };

/** The data of an answer. */
export async function ask<Data>(pending: Promise<Answer<Data>>): Promise<Data> {
  return (await pending).data as Data;
}

/** As `ask`, with the response, for its headers (`ETag`, `X-Total-Count`). */
export async function askWhole<Data>(pending: Promise<Answer<Data>>): Promise<{ data: Data; response: Response }> {
  const { data, response } = await pending;
  return { data: data as Data, response };
}

/** A key for one intention: sent again with it, a request is carried out once. */
export function newIdempotencyKey(): string {
  return crypto.randomUUID();
}
