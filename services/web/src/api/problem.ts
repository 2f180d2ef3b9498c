// What can go wrong between the page and the API, as one type that every error view understands.
import type { components } from "./schema";

export type FieldProblem = components["schemas"]["ProblemDetail"];

/** The API refused: an RFC 9457 document, its sentences in the reader's language. */
export class ApiProblem extends Error {
  override name = "ApiProblem";
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    /** The request's id, to be found in the server's log. */
    readonly requestId: string,
    readonly errors: FieldProblem[] = [],
    /** Seconds after which to come back, if the API said so. */
    readonly retryAfter: number | null = null,
  ) {
    super(detail || code);
  }
}

/** Nobody answered: the API restarts, or the network is gone. Goes away by itself. */
export class Unreachable extends Error {
  override name = "Unreachable";
}

export function isPassing(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof ApiProblem && error.status >= 502);
}

export async function problemOf(response: Response): Promise<ApiProblem | Unreachable> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  const found = isDocument(body) ? body : null;
  // A gateway's page is no answer of ours: the API behind it is away.
  if (!found && response.status >= 502) return new Unreachable(`HTTP ${response.status}`);
  const after = Number(response.headers.get("retry-after") ?? "");
  return new ApiProblem(
    response.status,
    found?.code ?? `http.${response.status}`,
    found?.detail ?? response.statusText,
    found?.instance ?? response.headers.get("x-request-id") ?? "",
    found?.errors ?? [],
    after > 0 ? after : null,
  );
}

function isDocument(body: unknown): body is components["schemas"]["ProblemDocument"] {
  return typeof body === "object" && body !== null && "code" in body && "detail" in body;
}

/** The problems at a field, by its RFC 6901 pointer or anything below it. */
export function problemsAt(problems: readonly FieldProblem[], pointer: string): FieldProblem[] {
  return problems.filter((each) => each.pointer === pointer || each.pointer.startsWith(`${pointer}/`));
}
