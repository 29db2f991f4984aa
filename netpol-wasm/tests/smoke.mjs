// Loads the WebAssembly module and asks it something: node smoke.mjs FOLDER, where FOLDER holds
// what `wasm-bindgen --target nodejs` wrote.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";

/** What the page may cost to load, in bytes of gzip. */
const LIMIT = 450_000;

const folder = process.argv[2];
if (folder === undefined) {
  console.error("usage: node smoke.mjs FOLDER");
  process.exit(2);
}
const { Workspace } = createRequire(import.meta.url)(join(resolve(folder), "netpol_wasm.js"));
const workspace = new Workspace();
const ask = (from, to, port) => JSON.parse(workspace.check(JSON.stringify({ from, to, port })));

const text = `
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 5432}]
`;
assert.deepEqual(JSON.parse(workspace.open("shop.yaml", text)), { answer: null });

for (const [port, verdict] of [["5432", "allow"], ["22", "deny"], ["any", "mixed"]]) {
  const { answer } = ask("shop/web", "shop/db", port);
  assert.equal(answer.schema, "netpol.check/v1");
  assert.equal(answer.verdict, verdict, `port ${port}`);
}

workspace.open("broken.yaml", "kind: [\n");
const broken = ask("shop/web", "shop/db", "22");
assert.deepEqual(Object.keys(broken), ["error", "diagnostics"]);
assert.equal(broken.diagnostics[0].severity, "error");
assert.equal(broken.diagnostics[0].file, "broken.yaml");
workspace.close("broken.yaml");
assert.equal(ask("shop/web", "shop/nothing", "").error.code, "unknown-name");
assert.equal(JSON.parse(workspace.check("not JSON")).error.code, "invalid-request");
// The module is as it was: an error does not spoil it for the next question.
assert.equal(ask("shop/web", "shop/db", "5432").answer.verdict, "allow");

const wasm = readFileSync(join(folder, "netpol_wasm_bg.wasm"));
const gzip = gzipSync(wasm, { level: 9 }).length;
console.log(`netpol_wasm_bg.wasm: ${wasm.length} bytes, ${gzip} with gzip (at most ${LIMIT})`);
assert.ok(gzip <= LIMIT, `the module has ${gzip} bytes with gzip, more than ${LIMIT}`);
