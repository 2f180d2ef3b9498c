// Compresses what was built, so that the API only sends files; fails if the page has become too heavy.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const DIST = new URL("../dist/", import.meta.url).pathname;
/** The script that every first visit loads, with all that it imports at once, in kB of gzip. */
const MOST_AT_FIRST = 400;
/** Below this many bytes a compressed copy saves nothing. */
const SMALL = 1024;

type Chunk = { file: string; imports?: string[]; css?: string[]; isEntry?: boolean };

function* files(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* files(path);
    else yield path;
  }
}

for (const path of files(DIST)) {
  if (!/\.(js|css|svg|json)$/.test(path) || statSync(path).size < SMALL) continue;
  const bytes = readFileSync(path);
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
}

const manifest = JSON.parse(readFileSync(join(DIST, ".vite/manifest.json"), "utf8")) as Record<string, Chunk>;
const first = new Set<string>();
const visit = (key: string): void => {
  const chunk = manifest[key];
  if (!chunk || first.has(chunk.file)) return;
  first.add(chunk.file);
  chunk.css?.forEach((file) => first.add(file));
  chunk.imports?.forEach(visit);
};
Object.entries(manifest)
  .filter(([, chunk]) => chunk.isEntry)
  .forEach(([key]) => visit(key));
const weight = [...first].reduce((sum, file) => sum + gzipSync(readFileSync(join(DIST, file)), { level: 9 }).length, 0) / 1000;
console.error(`first load: ${weight.toFixed(0)} kB gzip (at most ${MOST_AT_FIRST})`);
if (weight >= MOST_AT_FIRST) process.exit(1);
