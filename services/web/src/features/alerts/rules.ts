// Alert rules as a form has them and as the API takes them; conditions in words. Pure.
import type { Schema } from "@/api/client";
import type { Language } from "@/app/preferences";
import { duration } from "@/components/format";

export type Rule = Schema<"AlertRule">;
export type RuleType = Rule["rule_type"];

export const TYPES: RuleType[] = [
  "error_rate", "response_time", "queue_age", "schedule_silent", "system_errors", "account_offline", "backup_age", "promql", "http", "sql",
];
/** Measured by executors, elsewhere. */
export const ASKED: ReadonlySet<RuleType> = new Set(["promql", "http", "sql"]);
/** Of what ended or happened within the window. */
export const WINDOWED: ReadonlySet<RuleType> = new Set(["error_rate", "response_time", "system_errors"]);

export type Unit = "percent" | "ms" | "times" | "seconds" | "none";
export const UNITS: Record<RuleType, Unit> = {
  error_rate: "percent", response_time: "ms", system_errors: "times", account_offline: "seconds", queue_age: "seconds",
  schedule_silent: "seconds", backup_age: "seconds", promql: "none", http: "none", sql: "none",
};

/** What is a sensible beginning for each type. */
export const FIRST: Record<RuleType, Pick<Rule, "threshold_operator" | "threshold_value">> = {
  error_rate: { threshold_operator: ">", threshold_value: 10 },
  response_time: { threshold_operator: ">", threshold_value: 60_000 },
  system_errors: { threshold_operator: ">", threshold_value: 0 },
  account_offline: { threshold_operator: ">", threshold_value: 300 },
  queue_age: { threshold_operator: ">", threshold_value: 600 },
  schedule_silent: { threshold_operator: ">", threshold_value: 0 },
  backup_age: { threshold_operator: ">", threshold_value: 93_600 },
  promql: { threshold_operator: ">", threshold_value: 0 },
  http: { threshold_operator: "<", threshold_value: 1 },
  sql: { threshold_operator: ">", threshold_value: 0 },
};

export type Pair = { name: string; value: string };

/** A rule as the form has it. */
export interface RuleValues {
  name: string;
  description: string;
  rule_type: RuleType;
  alert_level: Rule["alert_level"];
  threshold_operator: Rule["threshold_operator"];
  threshold_value: number;
  enabled: boolean;
  targets: string[];
  rule_conditions: Record<string, unknown>;
  query: Record<string, unknown>;
  window_seconds: number;
  interval_seconds: number;
  fire_by: "time" | "samples";
  for_seconds: number;
  after_samples: number;
  clear_by: "time" | "samples";
  keep_firing_for_seconds: number;
  clear_samples: number;
  no_data: string;
  on_error: Rule["on_error"];
  labels: Pair[];
  annotations: Pair[];
}

export function newRule(type: RuleType = "error_rate"): RuleValues {
  return {
    name: "", description: "", rule_type: type, alert_level: "warning", ...FIRST[type], enabled: true, targets: [],
    rule_conditions: {}, query: {}, window_seconds: 300, interval_seconds: 60,
    fire_by: "time", for_seconds: 0, after_samples: 3, clear_by: "time", keep_firing_for_seconds: 0, clear_samples: 3,
    no_data: "", on_error: "keep_last", labels: [], annotations: [],
  };
}

export function valuesOf(rule: Rule): RuleValues {
  return {
    name: rule.name,
    description: rule.description ?? "",
    rule_type: rule.rule_type,
    alert_level: rule.alert_level,
    threshold_operator: rule.threshold_operator,
    threshold_value: rule.threshold_value,
    enabled: rule.enabled,
    targets: (rule.notification_target ?? "").split(",").map((each) => each.trim()).filter(Boolean),
    rule_conditions: { ...rule.rule_conditions },
    query: { ...(rule.query ?? {}) },
    window_seconds: rule.window_seconds,
    interval_seconds: rule.interval_seconds,
    fire_by: rule.after_samples === null ? "time" : "samples",
    for_seconds: rule.for_seconds,
    after_samples: rule.after_samples ?? 3,
    clear_by: rule.clear_samples === null ? "time" : "samples",
    keep_firing_for_seconds: rule.keep_firing_for_seconds,
    clear_samples: rule.clear_samples ?? 3,
    no_data: rule.no_data,
    on_error: rule.on_error,
    labels: Object.entries(rule.labels).map(([name, value]) => ({ name, value })),
    annotations: Object.entries(rule.annotations).map(([name, value]) => ({ name, value })),
  };
}

/** What the API takes; `stored` is the rule before, if there is one. */
export function bodyOf(values: RuleValues, stored?: Rule) {
  const byTime = values.fire_by === "time";
  const clearByTime = values.clear_by === "time";
  return {
    name: values.name.trim(),
    description: values.description.trim() || null,
    rule_type: values.rule_type,
    alert_level: values.alert_level,
    threshold_operator: values.threshold_operator,
    threshold_value: values.threshold_value,
    enabled: values.enabled,
    notification_method: methodOf(values.targets, stored?.notification_method),
    notification_target: values.targets.join(", ") || null,
    rule_conditions: ASKED.has(values.rule_type) ? null : without(values.rule_conditions),
    query: ASKED.has(values.rule_type) ? queryOf(values.query) : null,
    window_seconds: values.window_seconds,
    interval_seconds: values.interval_seconds,
    for_seconds: byTime ? values.for_seconds : 0,
    after_samples: byTime ? null : values.after_samples,
    keep_firing_for_seconds: clearByTime ? values.keep_firing_for_seconds : 0,
    clear_samples: clearByTime ? null : values.clear_samples,
    no_data: values.no_data || null,
    on_error: values.on_error,
    labels: objectOf(values.labels),
    annotations: objectOf(values.annotations),
  };
}

/** Addresses can only be told by e-mail; a method that somebody chose before stays while it fits. */
export function methodOf(targets: string[], before?: Rule["notification_method"]): Rule["notification_method"] {
  if (targets.length === 0) return null;
  if (targets.some((each) => each.includes("@"))) return "email";
  return before && before !== "email" ? before : "channels";
}

function queryOf(query: Record<string, unknown>): Record<string, unknown> {
  const { login, ...others } = query as { login?: Record<string, unknown> };
  const filled = without(login ?? {});
  return { ...without(others), ...(filled.secret ? { login: filled } : {}) };
}

/** Without what was left empty. */
function without(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null && value !== "" && !(Array.isArray(value) && value.length === 0)),
  );
}

function objectOf(pairs: Pair[]): Record<string, string> {
  return Object.fromEntries(pairs.filter((each) => each.name !== "").map((each) => [each.name, each.value]));
}

/** "> 10 %", "> 5 min". */
export function condition(rule: Pick<Rule, "rule_type" | "threshold_operator" | "threshold_value">, language: Language): string {
  const number = rule.threshold_value.toLocaleString(language, { maximumFractionDigits: 6 });
  const unit = UNITS[rule.rule_type];
  const spelled = { percent: `${number}%`, ms: duration(rule.threshold_value / 1_000, language), times: number, none: number, seconds: duration(rule.threshold_value, language) }[unit];
  return `${SIGNS[rule.threshold_operator]} ${spelled}`;
}

export const SIGNS: Record<Rule["threshold_operator"], string> = { ">": ">", ">=": "≥", "<": "<", "<=": "≤", "==": "=", "!=": "≠" };

const STEPS = [86_400, 3_600, 60, 1];

/** The largest unit, in seconds, in which a time is a whole number. */
export function unitOf(seconds: number): number {
  if (seconds === 0) return 60;
  return STEPS.find((step) => seconds % step === 0) ?? 1;
}
