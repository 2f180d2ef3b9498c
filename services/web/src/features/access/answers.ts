// Answers and bodies whose types in the API's document are wider than what happens here.
import type { Schema } from "@/api/client";

type Rehearsed = Schema<"Rehearsed">;

/** What was done; without `dry_run` the API never answers with what would be. */
export function real<Answer>(answer: Answer): Exclude<Answer, Rehearsed> {
  return answer as Exclude<Answer, Rehearsed>;
}

/** Some fields of a change: the document counts those with a default among those that are always there. */
export function some<Body>(fields: Partial<Body>): Body {
  return fields as Body;
}
