// Takes out of package-lock.json what names a host: where to pay whom. npm does not need it, and a lock that names none
// can be checked with one grep. `make lock` runs it.
import { readFileSync, writeFileSync } from "node:fs";

const LOCK = new URL("../package-lock.json", import.meta.url);

const lock = JSON.parse(readFileSync(LOCK, "utf8")) as { packages: Record<string, { funding?: unknown }> };
for (const entry of Object.values(lock.packages)) delete entry.funding;
writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`);
