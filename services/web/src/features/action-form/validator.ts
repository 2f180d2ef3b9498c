// The validator that rjsf asks. Its usual one compiles schemas to code, which the content security policy forbids; this
// one interprets them.
import { type Schema as JsonSchema, Validator } from "@cfworker/json-schema";
import { type ErrorSchema, type RJSFSchema, type RJSFValidationError, toErrorSchema, type ValidatorType } from "@rjsf/utils";

const DRAFT = "2020-12";

export const VALIDATOR: ValidatorType<unknown> = {
  validateFormData(value, schema) {
    const errors = errorsOf(schema, value);
    return { errors, errorSchema: toErrorSchema(errors) as ErrorSchema<unknown> };
  },
  isValid(schema, value, root) {
    return errorsOf({ ...schema, ...(root.$defs ? { $defs: root.$defs } : {}) }, value).length === 0;
  },
  rawValidation<Result>(schema: RJSFSchema, value?: unknown) {
    return { errors: new Validator(schema as JsonSchema, DRAFT, false).validate(value).errors as Result[] };
  },
};

function errorsOf(schema: RJSFSchema, value: unknown): RJSFValidationError[] {
  const { errors } = new Validator(schema as JsonSchema, DRAFT, false).validate(value);
  return errors.map((each) => ({
    name: each.keyword,
    message: each.error,
    property: each.instanceLocation.replace(/^#/, "").replaceAll("/", "."),
    schemaPath: each.keywordLocation,
    stack: `${each.instanceLocation} ${each.error}`,
  }));
}
