import { expect, test } from "vitest";
import { attemptsOf, pauseAfter, USUAL_RETRY } from "./attempts";
import { changesOf, creationOf, type Draft, draftOf, EMPTY, same } from "./fields";
import { readDraft } from "./json-view";
import { differences, merged } from "./merging";
import { below, lineOf, sectionOf } from "./pointers";
import { PRESETS, presetOf, USUAL } from "./presets";
import { type Explained, expected, RANGES, withField, withRule, writtenField, writtenNumbers } from "./schedule";
import { instantOf, offsetAt, wallOf } from "./zones";

const draft = (changes: Partial<Draft>): Draft => ({ ...EMPTY, name: "n", task_action: "noop", ...changes });

test("a new task is sent without what it would be anyhow", () => {
  expect(creationOf(draft({ task_type: "manual", priority: 1 }))).toEqual({ name: "n", task_type: "manual", task_action: "noop", priority: 1 });
});

test("only what differs is sent", () => {
  const base = draft({ schedule_config: { cron: "0 9 * * *", timezone: "Asia/Taipei" } });
  expect(changesOf(base, { ...base, schedule_config: { timezone: "Asia/Taipei", cron: "0 9 * * *" } })).toEqual({});
  expect(changesOf(base, { ...base, queue: "reports" })).toEqual({ queue: "reports" });
});

test("a task that changes its type leaves its schedule behind", () => {
  const base = draft({ schedule_config: { cron: "0 9 * * *" } });
  expect(changesOf(base, { ...base, task_type: "manual" })).toEqual({ task_type: "manual", schedule_config: null });
});

test("a manual task keeps what it had stored", () => {
  const base = draft({ task_type: "manual", schedule_config: { cron: "0 9 * * *" } });
  expect(changesOf(base, { ...base, name: "m" })).toEqual({ name: "m" });
});

test("what is read of a task holds nothing that cannot be written", () => {
  expect(Object.keys(draftOf({ ...EMPTY, id: "x", version: 3 })).sort()).toEqual(Object.keys(EMPTY).sort());
});

test("JSON is compared by value", () => {
  expect(same({ a: [1, { b: null }] }, { a: [1, { b: null }] })).toBe(true);
  expect(same({ a: 1 }, { a: 1, b: 2 })).toBe(false);
  expect(same([1], { 0: 1 })).toBe(false);
  expect(same(true, 1)).toBe(false);
});

test("of two who change a task each keeps what only they have changed", () => {
  const base = draft({ queue: "a", priority: 3, description: "old" });
  const mine = { ...base, queue: "b", description: "mine" };
  const theirs = { ...base, priority: 1, description: "theirs" };
  const found = differences(base, mine, theirs);
  expect(found.map(({ field, contested, chosen }) => [field, contested, chosen])).toEqual([
    ["description", true, "mine"],
    ["queue", false, "mine"],
    ["priority", false, "theirs"],
  ]);
  expect(merged(mine, theirs, { queue: "mine", description: "theirs", priority: "theirs" })).toEqual({ ...base, queue: "b", priority: 1, description: "theirs" });
});

test("a problem is found in its section, and in its line of the JSON", () => {
  const text = JSON.stringify({ name: "x", locks: [{ key: "a" }, { key: "b", on_conflict: "wait" }], notify: [], "a/b": { c: 1 } }, null, 2);
  const lines = text.split("\n");
  expect(sectionOf("/schedule_config/cron")).toBe("when");
  expect(sectionOf("")).toBe("basics");
  expect(lines[lineOf(text, "/locks/1/key") - 1]).toContain('"b"');
  expect(lines[lineOf(text, "/a~1b/c") - 1]).toContain('"c"');
  expect(lines[lineOf(text, "/notify/3/on") - 1]).toContain('"notify"');
  expect(lineOf(text, "/nowhere")).toBe(1);
  expect(below([{ pointer: "/a/b" }, { pointer: "/ab" }, { pointer: "/a" }], "/a")).toEqual([{ pointer: "/b" }, { pointer: "" }]);
});

test.each([
  [[0, 15, 30, 45], "*/15"],
  [[5, 20, 35, 50], "5-50/15"],
  [[1, 2, 3, 7], "1-3,7"],
  [[1, 2], "1,2"],
  [[0, 30], "0,30"],
  [Array.from({ length: 60 }, (_, index) => index), "*"],
  [[9], "9"],
])("numbers are written as a person would: %j", (values, written) => {
  expect(writtenNumbers(values, RANGES.minute)).toBe(written);
});

test("a field with nothing chosen means any", () => {
  expect(writtenField("day", { values: [], last_day: false, nth: [] })).toBe("*");
  expect(writtenField("second", { values: [], last_day: false, nth: [] })).toBe("0");
  expect(writtenField("day", { values: [1], last_day: true, nth: [] })).toBe("1,L");
  expect(writtenField("weekday", { values: [], last_day: false, nth: [{ weekday: 1, nth: 2 }, { weekday: 5, nth: -1 }] })).toBe("1#2,5L");
});

const plain = (text: string, values: number[]) => ({ text, starred: text === "*", values, last_day: false, nth: [] });
const EXPLAINED: Explained = {
  cron: "*/7 9 L jan 1#2",
  has_seconds: false,
  fields: {
    second: plain("0", [0]),
    minute: plain("*/7", [0, 7, 14]),
    hour: plain("9", [9]),
    day: { ...plain("L", []), last_day: true },
    month: plain("jan", [1]),
    weekday: { ...plain("1#2", []), nth: [{ weekday: 1, nth: 2 }] },
  },
  follows_real_time: false,
  either_day: true,
  description: {},
};

test("a grid writes its own field anew and leaves the others as they were written", () => {
  expect(withField(EXPLAINED, "hour", { values: [9, 10, 11], last_day: false, nth: [] })).toBe("*/7 9-11 L jan 1#2");
  expect(expected(EXPLAINED, "hour", { values: [], last_day: false, nth: [] }).fields.hour).toMatchObject({ text: "*", starred: true });
});

test("another rule leaves zone and window alone", () => {
  const config = { cron: "0 9 * * *", day_or: false, timezone: "Asia/Taipei", jitter_seconds: 5 };
  expect(withRule(config, { interval_minutes: 5 })).toEqual({ interval_minutes: 5, timezone: "Asia/Taipei", jitter_seconds: 5 });
});

test("each preset is recognised in what it writes", () => {
  for (const preset of PRESETS) expect(presetOf(preset.write({ ...USUAL, weekdays: [1, 3, 5], day: 7 }))?.preset.name).toBe(preset.name);
});

test.each([
  ["0 9 * * *", "daily"],
  ["@daily", "daily"],
  ["0  9 * *   1-5", "workdays"],
  ["0 9 * * 1", "weekly"],
  ["*/7 * * * *", null],
  ["0 9 * * mon", null],
  ["99 9 * * *", null],
  ["0 9 1 * 1", null],
  ["0 0 9 * * *", null],
])("%s is the preset %s", (cron, name) => {
  expect(presetOf(cron)?.preset.name ?? null).toBe(name);
});

test("pauses grow and stay below the longest one", () => {
  expect(attemptsOf({ ...USUAL_RETRY, max_attempts: 5, max_interval_seconds: 5 }, 10).map(({ pause, at }) => [pause, at])).toEqual([[0, 0], [1, 1], [2, 3], [4, 7], [5, 12]]);
  expect(pauseAfter({ ...USUAL_RETRY, backoff: 100 }, 1_000)).toBe(100);
  expect(attemptsOf({ ...USUAL_RETRY, max_attempts: 100 }, 6).map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 100]);
});

test("wall clocks of another zone become instants and come back", () => {
  expect(offsetAt("Asia/Taipei", new Date("2026-11-24T00:00:00Z"))).toBe(480);
  expect(instantOf("2026-11-24T09:00:00", "Asia/Taipei")).toBe("2026-11-24T09:00:00+08:00");
  expect(instantOf("2026-07-01T09:00:00", "America/New_York")).toBe("2026-07-01T09:00:00-04:00");
  expect(instantOf("2026-03-29T03:30:00", "Europe/Berlin")).toBe("2026-03-29T03:30:00+02:00");
  expect(wallOf("2026-11-24T01:00:00Z", "Asia/Kathmandu")).toBe("2026-11-24T06:45:00");
  expect(wallOf("x", "UTC")).toBeNull();
});

test("a task pasted as JSON is read, whatever the server had added to it", () => {
  const task = { ...draft({ priority: 2 }), id: "x", version: 4, run_count: 9, warnings: [] };
  expect(readDraft(JSON.stringify(task))).toEqual({ draft: draft({ priority: 2 }), problems: [] });
  expect(readDraft('{"name": "n", "queue": null}').draft?.queue).toBe("default");
});

test.each([
  ["{", ["json.unreadable"]],
  ["[]", ["json.object"]],
  ['{"name": 5}', ["json.kind"]],
  ['{"name": null}', ["json.kind"]],
  ['{"locks": "x", "retry": [], "overlap": {}, "a/b": 1}', ["json.kind", "json.kind", "json.kind", "json.unknown"]],
])("text that is no task is told what is wrong: %s", (text, codes) => {
  const read = readDraft(text);
  expect(read.draft).toBeNull();
  expect(read.problems.map((each) => each.code)).toEqual(codes);
});
