// A trigger_config as the editor changes it: fields that are empty are left out, so that a trigger says no more than
// somebody meant.
import type { FieldProblem } from "@/api/problem";

export type Config = Record<string, unknown>;

export function textOf(config: Config, key: string): string {
  const value = config[key];
  return typeof value === "string" ? value : "";
}

export function numberOf(config: Config, key: string): number | null {
  const value = config[key];
  return typeof value === "number" ? value : null;
}

export function objectOf(config: Config, key: string): Config | null {
  const value = config[key];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Config) : null;
}

export function listOf(config: Config, key: string): string[] {
  const value = config[key];
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
}

/** `config` with some fields changed; undefined, null, "" and [] take a field away. */
export function changed(config: Config, changes: Config): Config {
  const after = { ...config, ...changes };
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0)) delete after[key];
  }
  return after;
}

/** Problems with their pointers counted from the trigger, wherever it stands in what was sent. */
export function ownProblems(problems: readonly FieldProblem[]): FieldProblem[] {
  return problems.map((each) => ({ ...each, pointer: each.pointer.replace(/^\/trigger_config/, "") }));
}

/** The type and subject of an event as a trigger that hears it and its like. */
export function heardBy(event: { subject: string; type: string }): Config {
  return { subject: event.subject };
}
