// Loads the WebAssembly module and asks it something: node smoke.mjs FOLDER, where FOLDER holds
// what `wasm-bindgen --target nodejs` wrote.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";

/** What the page may cost to load, in KiB of gzip. */
const LIMIT = 450;

const folder = process.argv[2];
if (folder === undefined) {
  console.error("usage: node smoke.mjs FOLDER");
  process.exit(2);
}
const { check } = createRequire(import.meta.url)(join(resolve(folder), "netpol_wasm.js"));
const ask = (request) => JSON.parse(check(JSON.stringify(request)));

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
const files = [{ name: "shop.yaml", text }];

for (const [port, verdict] of [["5432", "allow"], ["22", "deny"], ["any", "mixed"]]) {
  const { answer } = ask({ files, from: "shop/web", to: "shop/db", port });
  assert.equal(answer.schema, "netpol.check/v1");
  assert.equal(answer.verdict, verdict, `port ${port}`);
}

const broken = ask({ files: [{ name: "broken.yaml", text: "kind: [\n" }], from: "a", to: "b" });
assert.deepEqual(Object.keys(broken), ["diagnostics"]);
assert.equal(broken.diagnostics[0].severity, "error");
assert.equal(broken.diagnostics[0].file, "broken.yaml");
assert.equal(ask({ files, from: "shop/web", to: "shop/nothing" }).error.code, "unknown-name");
assert.equal(JSON.parse(check("not JSON")).error.code, "invalid-request");
// The module is as it was: an error does not spoil it for the next question.
assert.equal(ask({ files, from: "shop/web", to: "shop/db", port: "5432" }).answer.verdict, "allow");

const wasm = readFileSync(join(folder, "netpol_wasm_bg.wasm"));
const kib = (bytes) => (bytes / 1024).toFixed(1);
const gzip = gzipSync(wasm, { level: 9 }).length;
console.log(`netpol_wasm_bg.wasm: ${kib(wasm.length)} KiB, ${kib(gzip)} KiB with gzip (at most ${LIMIT})`);
assert.ok(gzip <= LIMIT * 1024, `the module has ${kib(gzip)} KiB with gzip, more than ${LIMIT}`);
