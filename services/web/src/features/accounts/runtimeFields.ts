// How an account is run, between its config (JSON) and a form: nothing that the form does not know gets lost.

export interface RuntimeFields {
  command: string;
  env: string;
  readyKind: "process" | "http" | "tcp" | "file";
  readyPath: string;
  readyFile: string;
  readyAfter: number;
  readyTimeout: number;
  healthKind: "" | "http" | "tcp";
  healthPath: string;
  healthInterval: number;
  restartMax: number;
  restartWindow: number;
  grace: number;
  reload: "restart" | "signal";
}

export type Config = Record<string, unknown>;

/** As the API's defaults are (`shared/contracts/account_config.py`). */
export const DEFAULTS: RuntimeFields = {
  command: "demo-account\n--id\n{account_id}\n--port\n{port}\n--script\n{script}",
  env: "",
  readyKind: "http",
  readyPath: "/",
  readyFile: "ready",
  readyAfter: 1,
  readyTimeout: 60,
  healthKind: "http",
  healthPath: "/",
  healthInterval: 10,
  restartMax: 3,
  restartWindow: 3600,
  grace: 10,
  reload: "restart",
};

export function fieldsOf(config: Config): RuntimeFields {
  const runtime = objectOf(config.runtime);
  const ready = objectOf(runtime.ready);
  const health = objectOf(runtime.health);
  const restart = objectOf(runtime.restart);
  const env = Object.entries(objectOf(runtime.env));
  return {
    command: Array.isArray(runtime.command) ? runtime.command.join("\n") : "",
    env: env.map(([name, value]) => `${name}=${String(value)}`).join("\n"),
    readyKind: oneOf(ready.kind, ["process", "http", "tcp", "file"], "process"),
    readyPath: text(ready.path, "/"),
    readyFile: text(ready.file, "ready"),
    readyAfter: number(ready.after_seconds, 1),
    readyTimeout: number(ready.timeout_seconds, 60),
    healthKind: runtime.health ? oneOf(health.kind, ["http", "tcp"], "http") : "",
    healthPath: text(health.path, "/"),
    healthInterval: number(health.interval_seconds, 10),
    restartMax: number(restart.max, 3),
    restartWindow: number(restart.window_seconds, 3600),
    grace: number(runtime.stop_grace_seconds, 10),
    reload: oneOf(runtime.reload, ["restart", "signal"], "restart"),
  };
}

/** `config` with the fields in it; what the form does not show stays. */
export function configOf(fields: RuntimeFields, config: Config): Config {
  const before = objectOf(config.runtime);
  const command = fields.command.split("\n").map((word) => word.trim()).filter(Boolean);
  if (command.length === 0) {
    return Object.fromEntries(Object.entries(config).filter(([name]) => name !== "runtime"));
  }
  const ready = { ...objectOf(before.ready), kind: fields.readyKind, timeout_seconds: fields.readyTimeout };
  for (const name of ["path", "file", "after_seconds"]) delete (ready as Config)[name];
  if (fields.readyKind === "http") Object.assign(ready, { path: fields.readyPath });
  if (fields.readyKind === "file") Object.assign(ready, { file: fields.readyFile });
  if (fields.readyKind === "process") Object.assign(ready, { after_seconds: fields.readyAfter });
  const health = { ...objectOf(before.health), kind: fields.healthKind, interval_seconds: fields.healthInterval };
  delete (health as Config).path;
  if (fields.healthKind === "http") Object.assign(health, { path: fields.healthPath });
  const runtime: Config = {
    ...before,
    command,
    env: Object.fromEntries(fields.env.split("\n").map((line) => line.trim()).filter(Boolean).map(pair)),
    ready,
    health: fields.healthKind ? health : null,
    restart: { ...objectOf(before.restart), max: fields.restartMax, window_seconds: fields.restartWindow },
    stop_grace_seconds: fields.grace,
    reload: fields.reload,
  };
  if (Object.keys(runtime.env as Config).length === 0) delete runtime.env;
  if (!fields.healthKind) delete runtime.health;
  return { ...config, runtime };
}

/** The object in a text; null: it is none. */
export function parseConfig(json: string): Config | null {
  try {
    const found: unknown = JSON.parse(json.trim() || "{}");
    return typeof found === "object" && found !== null && !Array.isArray(found) ? (found as Config) : null;
  } catch {
    return null;
  }
}

function pair(line: string): [string, string] {
  const at = line.indexOf("=");
  return at < 0 ? [line, ""] : [line.slice(0, at).trim(), line.slice(at + 1)];
}

function objectOf(value: unknown): Config {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Config) : {};
}

function text(value: unknown, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}

function number(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}

function oneOf<const Word extends string>(value: unknown, words: readonly Word[], otherwise: Word): Word {
  return words.find((word) => word === value) ?? otherwise;
}
