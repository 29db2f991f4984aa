// What the page costs to load, in bytes of gzip: fails above the limits.

import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMITS = [
  [
    "script of the first load",
    200_000,
    (name) => name.endsWith(".js") && !/(mapdraw|files|advice)[-.]/.test(name),
  ],
  ["the map", 190_000, (name) => /mapdraw-.*\.js$/.test(name)],
  ["the part for authors", 50_000, (name) => /advice[-.].*\.js$/.test(name)],
  ["the module", 450_000, (name) => /^netpol_wasm.*\.wasm$/.test(name)],
  ["the module for authors", 730_000, (name) => /^netpol_authoring.*\.wasm$/.test(name)],
];

const folder = new URL("../dist/assets/", import.meta.url);
const names = readdirSync(folder);
let over = false;
for (const [what, limit, belongs] of LIMITS) {
  const found = names.filter(belongs);
  const size = found.reduce(
    (sum, name) => sum + gzipSync(readFileSync(new URL(name, folder)), { level: 9 }).length,
    0,
  );
  const fits = found.length > 0 && size <= limit;
  over ||= !fits;
  console.log(
    `${fits ? "within" : "OVER  "}  ${what}: ${size} bytes with gzip, at most ${limit} (${found.join(", ") || "nothing found"})`,
  );
}
process.exitCode = over ? 1 : 0;
