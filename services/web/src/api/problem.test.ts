import { expect, test } from "vitest";
import { ApiProblem, isPassing, problemOf, problemsAt, Unreachable } from "./problem";

const DOCUMENT = {
  type: "urn:x",
  title: "t",
  status: 422,
  code: "request.invalid",
  detail: "Two fields are wrong.",
  instance: "abc",
  errors: [
    { pointer: "/schedule_config/cron", code: "cron.range", detail: "…", position: null, length: null },
    { pointer: "/name", code: "text.blank", detail: "…", position: null, length: null },
  ],
};

test("a problem document is read whole", async () => {
  const problem = await problemOf(
    new Response(JSON.stringify(DOCUMENT), { status: 422, headers: { "retry-after": "2" } }),
  );
  expect(problem).toBeInstanceOf(ApiProblem);
  expect(problem).toMatchObject({ status: 422, code: "request.invalid", requestId: "abc", retryAfter: 2 });
});

test("a gateway's page means that nobody answers", async () => {
  const problem = await problemOf(new Response("<html>", { status: 502 }));
  expect(problem).toBeInstanceOf(Unreachable);
  expect(isPassing(problem)).toBe(true);
});

test("problems of a field include those of its parts", () => {
  expect(problemsAt(DOCUMENT.errors, "/schedule_config").map((each) => each.code)).toEqual(["cron.range"]);
  expect(problemsAt(DOCUMENT.errors, "/nam")).toEqual([]);
});
