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

type Rehearsed = Schema<"Rehearsed">;
type TaskPlan = Schema<"TaskPlan">;
/** What a change answers with once it is made. */
type Done<Data> = Exclude<Data, Rehearsed | TaskPlan>;
/** What a rehearsal tells: of tasks a plan, of all else the answer that there would be. */
type Foreseen<Data> = [Extract<Data, TaskPlan>] extends [never] ? Done<Data> : TaskPlan;

/** As `ask`, for a change: without `dry_run` the API never answers with what would be. */
export async function done<Data>(pending: Promise<Answer<Data>>): Promise<Done<Data>> {
  return (await ask(pending)) as Done<Data>;
}

/** As `ask`, for a change with `dry_run`: what would be, typed as what is. */
export async function rehearsed<Data>(pending: Promise<Answer<Data>>): Promise<Foreseen<Data>> {
  const told: unknown = await ask(pending);
  return (isRehearsal(told) ? told.answer : told) as Foreseen<Data>;
}

function isRehearsal(told: unknown): told is Rehearsed {
  return typeof told === "object" && told !== null && "dry_run" in told && "answer" in told;
}

/** A key for one intention: sent again with it, a request is carried out once. */
export function newIdempotencyKey(): string {
  return crypto.randomUUID();
}
