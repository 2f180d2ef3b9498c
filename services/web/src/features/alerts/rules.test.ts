import { expect, test } from "vitest";
import { bodyOf, condition, methodOf, newRule, type Rule, unitOf, valuesOf } from "./rules";

test("a new rule says what the API's defaults say", () => {
  const body = bodyOf({ ...newRule("queue_age"), name: " slow queue ", rule_conditions: { queue: "" } });
  expect(body).toMatchObject({ name: "slow queue", rule_conditions: {}, query: null, notification_method: null, notification_target: null, after_samples: null, no_data: null });
});

test("what is measured elsewhere has a query and no conditions", () => {
  const values = { ...newRule("http"), rule_conditions: { queue: "x" }, query: { url: "https://a.example", login: { secret: "", username: "me" }, expect_status: [200, 299] } };
  expect(bodyOf(values)).toMatchObject({ rule_conditions: null, query: { url: "https://a.example", expect_status: [200, 299] } });
  expect(bodyOf({ ...values, query: { url: "u", login: { secret: "s", username: "" } } }).query).toEqual({ url: "u", login: { secret: "s" } });
});

test("a stored rule survives the form", () => {
  const stored = {
    name: "a", description: null, rule_type: "error_rate", alert_level: "error", threshold_operator: ">", threshold_value: 5, enabled: true,
    notification_method: "webhook", notification_target: "ops, team", rule_conditions: { by: "queue" }, query: null, window_seconds: 600, interval_seconds: 60,
    for_seconds: 0, keep_firing_for_seconds: 120, after_samples: 3, clear_samples: null, no_data: "ok", on_error: "error", labels: { team: "x" }, annotations: {},
  } as unknown as Rule;
  expect(bodyOf(valuesOf(stored), stored)).toEqual({
    name: "a", description: null, rule_type: "error_rate", alert_level: "error", threshold_operator: ">", threshold_value: 5, enabled: true,
    notification_method: "webhook", notification_target: "ops, team", rule_conditions: { by: "queue" }, query: null, window_seconds: 600, interval_seconds: 60,
    for_seconds: 0, keep_firing_for_seconds: 120, after_samples: 3, clear_samples: null, no_data: "ok", on_error: "error", labels: { team: "x" }, annotations: {},
  });
});

test("addresses are told by e-mail, channels as they were", () => {
  expect(methodOf([])).toBeNull();
  expect(methodOf(["ops"])).toBe("channels");
  expect(methodOf(["ops", "ann@example.com"], "webhook")).toBe("email");
  expect(methodOf(["ops"], "telegram")).toBe("telegram");
  expect(methodOf(["ops"], "email")).toBe("channels");
});

test("a condition is said in its unit", () => {
  expect(condition({ rule_type: "error_rate", threshold_operator: ">", threshold_value: 10 }, "en")).toBe("> 10%");
  expect(condition({ rule_type: "backup_age", threshold_operator: ">=", threshold_value: 93_600 }, "en")).toBe("≥ 1 d 2 h");
  expect(condition({ rule_type: "response_time", threshold_operator: ">", threshold_value: 1_500 }, "zh-TW")).toBe("> 1.5 秒");
  expect(condition({ rule_type: "http", threshold_operator: "!=", threshold_value: 200 }, "en")).toBe("≠ 200");
});

test("a time is shown in the largest unit that fits", () => {
  expect([0, 45, 60, 90, 7_200, 172_800].map(unitOf)).toEqual([60, 1, 60, 1, 3_600, 86_400]);
});
