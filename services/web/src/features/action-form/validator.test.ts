import { expect, it } from "vitest";
import { VALIDATOR } from "./validator";

const SCHEMA = { type: "object", properties: { steps: { type: "array", items: { $ref: "#/$defs/Step" } } }, $defs: { Step: { type: "object", required: ["percent"], properties: { percent: { type: "integer" } } } } } as const;

it("tells rjsf what is wrong, at its field", () => {
  const found = VALIDATOR.validateFormData({ steps: [{ percent: "x" }] }, SCHEMA as never);
  expect(found.errors.map((each) => each.property)).toContain(".steps.0.percent");
  expect(found.errorSchema).toMatchObject({ steps: { 0: { percent: { __errors: [expect.any(String) as string] } } } });
});

it("judges a part of a schema with the definitions of the whole", () => {
  const part = SCHEMA.properties.steps as never;
  expect(VALIDATOR.isValid(part, [{ percent: 1 }], SCHEMA as never)).toBe(true);
  expect(VALIDATOR.isValid(part, [{}], SCHEMA as never)).toBe(false);
});

it("makes no code", () => {
  const { Function: Made } = globalThis;
  globalThis.Function = (() => { throw new Error("made code"); }) as never;
  try {
    expect(VALIDATOR.rawValidation(SCHEMA as never, { steps: 1 }).errors).not.toHaveLength(0);
  } finally {
    globalThis.Function = Made;
  }
});
