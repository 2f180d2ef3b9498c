import { expect, it } from "vitest";
import type { Schema } from "@/api/client";
import { serversOf } from "./servers";

const runtime = (server_id: string, live: boolean, runtime_id = server_id) =>
  ({ runtime_id, server_id, live, instance: "r", host: "h", started_at: "", seen_at: "", running: 1, stopping: false }) satisfies Schema<"AccountRuntime">;

it("a server without a runtime is shown, and an old runtime hides behind the live one", () => {
  const found = serversOf([runtime("a", false, "old"), runtime("a", true, "new"), runtime("b", false)], [{ value: "a", accounts: 3 }, { value: "c", accounts: 2 }], [{ value: "a", accounts: 1 }]);
  expect(found.map((each) => [each.name, each.runtimes.map((one) => one.runtime_id), each.accounts, each.wanted])).toEqual([
    ["a", ["new"], 3, 1],
    ["b", ["b"], 0, 0],
    ["c", [], 2, 0],
  ]);
});
