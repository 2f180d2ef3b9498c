import { describe, expect, it } from "vitest";
import { configOf, DEFAULTS, fieldsOf, parseConfig } from "./runtimeFields";

const CONFIG = {
  note: "kept",
  runtime: {
    command: ["prog", "--id", "{account_id}"],
    env: { MODE: "a=b" },
    ready: { kind: "file", file: "up", timeout_seconds: 5 },
    restart: { max: 1, window_seconds: 60, backoff_seconds: 0.5 },
    stop_grace_seconds: 3,
    reload: "signal",
    needs_login_exit: 9,
  },
};

describe("how an account is run", () => {
  it("goes through the form and comes back as it was, with what the form does not know", () => {
    expect(configOf(fieldsOf(CONFIG), CONFIG)).toEqual(CONFIG);
  });

  it("loses what belongs to another kind of readiness", () => {
    const fields = { ...fieldsOf(CONFIG), readyKind: "http" as const, readyPath: "/up", healthKind: "tcp" as const };
    const { runtime } = configOf(fields, CONFIG) as { runtime: Record<string, unknown> };
    expect(runtime.ready).toEqual({ kind: "http", path: "/up", timeout_seconds: 5 });
    expect(runtime.health).toEqual({ kind: "tcp", interval_seconds: 10 });
  });

  it("without a command there is no runtime", () => {
    expect(configOf({ ...DEFAULTS, command: " \n" }, CONFIG)).toEqual({ note: "kept" });
  });

  it("knows an object from anything else", () => {
    expect(parseConfig("")).toEqual({});
    expect(parseConfig("[1]")).toBeNull();
    expect(parseConfig("{")).toBeNull();
  });
});
