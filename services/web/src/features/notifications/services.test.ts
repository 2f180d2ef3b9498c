import { expect, test } from "vitest";
import { chooseSecret, SERVICES, serviceOf, type ServiceName } from "./services";

const TO = `C${"0".repeat(32)}`;

test.each<[ServiceName, Record<string, string>, string]>([
  ["line", { token: "ab/c+d=", to: TO }, `line://ab%2Fc%2Bd%3D/${TO}`],
  ["telegram", { token: "123456789:AAabc-def_ghijklm", chat: "-1001234" }, "tgram://123456789:AAabc-def_ghijklm/-1001234"],
  ["slack", { webhook: " https://hooks.slack.com/services/T1/B2/xyz3 " }, "slack://T1/B2/xyz3"],
  ["discord", { webhook: "https://discord.com/api/webhooks/4174216298/JHMH-I8qBe_7" }, "discord://4174216298/JHMH-I8qBe_7"],
  ["gchat", { webhook: "https://chat.googleapis.com/v1/spaces/AAA-q8/messages?key=AIza_Sy&token=q8%3D" }, "gchat://AAA-q8/AIza_Sy/q8%3D"],
  ["webex", { webhook: "https://webexapis.com/v1/webhooks/incoming/Y2lz" }, "wxteams://Y2lz"],
  ["pagerduty", { integration: "key", apiKey: "a b" }, "pagerduty://key@a%20b/"],
  ["opsgenie", { apiKey: "k" }, "opsgenie://k/"],
  ["pushover", { user: "u", token: "t" }, "pover://u@t/"],
])("the fields of %s are an address that Apprise reads", (name, fields, url) => {
  expect(chooseSecret(name, fields, false)).toEqual({ secret: { url } });
});

test("what cannot be a webhook of the service is told", () => {
  for (const webhook of ["https://evil.example/services/T/B/x", "https://hooks.slack.com/services/T/B", "javascript:alert(1)"]) {
    expect(chooseSecret("slack", { webhook }, false)).toEqual({ wrong: "webhook" });
  }
  expect(chooseSecret("line", { token: "t", to: "somebody" }, false)).toEqual({ wrong: "to" });
});

test("a stored secret stays if nothing is filled in, and is replaced whole", () => {
  expect(chooseSecret("webhook", { url: "", signing_key: undefined }, true)).toEqual({ secret: undefined });
  expect(chooseSecret("webhook", { signing_key: "0123456789abcdef" }, true)).toEqual({ missing: ["url"] });
  expect(chooseSecret("webhook", { url: "https://a.example", signing_key: "" }, true)).toEqual({ secret: { url: "https://a.example" } });
  expect(chooseSecret("email", {}, false)).toEqual({ secret: undefined });
});

test("a stored channel is known by its scheme", () => {
  expect(serviceOf({ kind: "apprise", target: "tgram://…" })).toBe("telegram");
  expect(serviceOf({ kind: "apprise", target: "ntfys://…" })).toBe("other");
  expect(serviceOf({ kind: "webhook", target: "https://a.example/…" })).toBe("webhook");
});

test("every service has a form", () => {
  for (const [name, service] of Object.entries(SERVICES)) expect(service.fields.length > 0 || name === "email").toBe(true);
});
