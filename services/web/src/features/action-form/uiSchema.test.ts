import { describe, expect, it } from "vitest";
import type { Schema } from "./kinds";
import { SCHEMA } from "./testSchema";
import { drawn, fieldsOf, hiding, hintsOf } from "./uiSchema";

const form = drawn(SCHEMA)!;
const hints = (name: string) => hintsOf(form.uiSchema[name])!;

describe("the uiSchema of a schema", () => {
  it("keeps the order of the fields and finds what each one is", () => {
    expect(form.uiSchema["ui:order"]).toEqual(Object.keys(SCHEMA.properties as object));
    expect(Object.keys(form.schema.properties!).map((name) => [name, hints(name).kind])).toEqual([
      ["url", "text"], ["auth", "object"], ["headers", "key-value"], ["hidden", "secrets"], ["json", "json"], ["steps", "list"],
      ["tags", "texts"], ["between", "codes"], ["version", "either"], ["seconds", "number"], ["follow", "boolean"],
      ["statement", "code"], ["retry", "object"], ["odd", "json"],
    ]);
  });

  it("asks for a widget where rjsf has a field for the type, and for a field of ours elsewhere", () => {
    expect(form.uiSchema.url).toMatchObject({ "ui:widget": "text" });
    expect(form.schema.properties?.url).toEqual({ type: "string", title: "URL", description: "Where to" });
    expect(form.uiSchema.tags).toMatchObject({ "ui:widget": "texts" });
    expect(form.uiSchema.odd).toMatchObject({ "ui:field": "json" });
    expect(form.schema.properties?.odd).toEqual({ title: "Odd", description: "" });
  });

  it("looks through references and 'or null'", () => {
    expect(hints("auth")).toMatchObject({ nullable: true, required: false });
    expect(form.schema.properties?.auth).toMatchObject({ title: "Authentication", required: ["type", "secret"] });
    const auth = form.uiSchema.auth!;
    expect(hintsOf(auth.type)).toMatchObject({ kind: "choice", required: true, choices: [{ value: "bearer", label: "a token" }, { value: "basic", label: "a password" }] });
    expect(hintsOf(auth.secret)).toMatchObject({ kind: "secret", required: true });
    expect(hintsOf(form.uiSchema.steps?.items?.percent)).toMatchObject({ integer: true, minimum: 1, maximum: 100 });
    expect(hints("seconds")).toMatchObject({ advanced: true, integer: false, otherwise: 30 });
    expect(hints("statement").language).toBe("sql");
  });

  it("holds no default that rjsf would write into a task", () => {
    expect(JSON.stringify(form.schema)).not.toContain('"default"');
  });

  it("leaves what is no object with fields to JSON", () => {
    expect(drawn({ type: "array" })).toBeNull();
    expect(drawn({})).toBeNull();
  });

  it("ends with definitions that contain themselves", () => {
    const tree: Schema = { $defs: { T: { type: "object", properties: { t: { $ref: "#/$defs/T" } } } }, type: "object", properties: { t: { $ref: "#/$defs/T" } } };
    expect(hintsOf(drawn(tree)?.uiSchema.t)?.kind).toBe("object");
  });

  it("hides a field", () => {
    expect(fieldsOf(hiding(form, "url")).map((each) => each.name)).not.toContain("url");
    expect(fieldsOf(form)[0]).toEqual({ name: "url", title: "URL" });
    expect(hiding(form, "other")).toBe(form);
  });
});
