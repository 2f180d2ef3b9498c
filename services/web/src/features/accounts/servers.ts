// Servers, from the runtimes that were heard and the accounts that are assigned to them. Pure.
import type { Schema } from "@/api/client";

export interface Server {
  name: string;
  runtimes: Schema<"AccountRuntime">[];
  accounts: number;
  /** Of them, how many are wanted running. */
  wanted: number;
}

type Counted = { value: string; accounts: number };

/** Live runtimes first; a server of which only accounts are known is shown as well: that is what goes wrong. */
export function serversOf(runtimes: Schema<"AccountRuntime">[], assigned: Counted[], wanted: Counted[]): Server[] {
  const count = (rows: Counted[], name: string) => rows.find((row) => row.value === name)?.accounts ?? 0;
  const names = [...new Set([...runtimes.map((each) => each.server_id), ...assigned.map((each) => each.value)])].sort();
  return names.map((name) => {
    const own = runtimes.filter((each) => each.server_id === name).sort((one, other) => Number(other.live) - Number(one.live));
    const alive = own.filter((each) => each.live);
    // One that was replaced says nothing any more that matters.
    return { name, runtimes: alive.length ? alive : own.slice(0, 1), accounts: count(assigned, name), wanted: count(wanted, name) };
  });
}
