import { expect, it } from "vitest";
import { done, rehearsed, type Schema } from "./client";

const response = new Response();
const decided: Schema<"DecidedMany"> = { items: [], more: false };
const told: Schema<"Rehearsed"> = { answer: decided, dry_run: true, problems: [], status: 200, valid: true };

it("a rehearsal tells the same as the real thing", async () => {
  const answer = (data: Schema<"DecidedMany"> | Schema<"Rehearsed">) => Promise.resolve({ data, response });
  expect(await done(answer(decided))).toBe(decided);
  expect(await rehearsed(answer(told))).toBe(decided);
});

it("the plan of a task is the whole answer", async () => {
  const plan = { dry_run: true, summary: "It is deleted." } as Schema<"TaskPlan">;
  const data: Schema<"Task"> | Schema<"TaskPlan"> = plan;
  expect(await rehearsed(Promise.resolve({ data, response }))).toBe(plan);
});
