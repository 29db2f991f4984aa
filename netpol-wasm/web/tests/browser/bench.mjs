// How fast the page answers, in headless Chromium: prints a table. Run it by `cargo xtask bench page`.

import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { launch, open, serve } from "./site.mjs";

const [PODS, POLICIES, EDITS, VISITS] = [5000, 500, 1000, 10];
const PER_APP = 10;

const assets = fileURLToPath(new URL("../../dist/assets", import.meta.url));
const worker = readdirSync(assets).find((name) => /^worker-.*\.js$/.test(name));

/** The manifests: pods of one file, as `kubectl get` gives them, and a file for each policy. */
function cluster() {
  const pods = [];
  const namespaces = 20;
  for (let n = 0; n < namespaces; n += 1) {
    pods.push(
      `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ns-${n}\n  labels:\n    team: t${n % 5}\n`,
    );
  }
  for (let i = 0; i < PODS; i += 1) {
    const app = Math.floor(i / PER_APP);
    pods.push(
      `apiVersion: v1\nkind: Pod\nmetadata:\n  name: app-${app}-${i % PER_APP}\n  namespace: ns-${app % namespaces}\n  labels:\n    app: app-${app}\n    tier: tier-${app % 3}\nstatus:\n  podIP: 10.${1 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}\n`,
    );
  }
  const files = [{ name: "cluster.yaml", text: pods.join("---\n") }];
  for (let p = 0; p < POLICIES; p += 1) {
    files.push({ name: `policies/${p}.yaml`, text: policy(p, 8080) });
  }
  return files;
}

const policy = (p, port) => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: policy-${p}
  namespace: ns-${p % 20}
spec:
  podSelector:
    matchLabels:
      app: app-${p}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        - namespaceSelector:
            matchLabels:
              team: t${p % 5}
          podSelector:
            matchLabels:
              tier: tier-${p % 3}
      ports:
        - port: ${port}
  egress:
    - to:
        - podSelector: {}
    - to:
        - ipBlock:
            cidr: 203.0.113.0/24
      ports:
        - port: 443
`;

const percentile = (values, part) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.ceil(part * values.length) - 1)];
const ms = (value) => value.toFixed(1);

const site = await serve();
const browser = await launch();
try {
  const { page, context } = await open(browser, site.url);
  const edits = Array.from({ length: EDITS }, (_, i) => ({
    name: "policies/7.yaml",
    text: policy(7, 1000 + i),
  }));
  const found = await page.evaluate(
    async ({ script, files, edits }) => {
      const engine = new Worker(script, { type: "module" });
      await new Promise((resolve) => engine.addEventListener("message", resolve, { once: true }));
      let id = 0;
      const send = (changes, method, question) =>
        new Promise((resolve) => {
          id += 1;
          const started = performance.now();
          engine.onmessage = ({ data }) => resolve({ ...data, round: performance.now() - started });
          engine.postMessage({ id, changes, ask: { method, question } });
        });
      const asked = { from: "ns-7/app-7-0", to: "ns-7/app-27-0", port: "" };
      const opened = await send([{ type: "replace", files, off: [] }], "check", asked);
      const times = [];
      let verdicts = "";
      for (const file of edits) {
        const answered = await send([{ type: "put", file }], "check", {
          ...asked,
          from: "ns-7/app-27-0",
          to: "ns-7/app-7-0",
        });
        times.push({ took: answered.took, round: answered.round });
        verdicts = answered.outcome.answer?.verdict ?? JSON.stringify(answered.outcome);
      }
      const views = {};
      for (const [method, question] of [
        ["state", null],
        ["egress", {}],
        ["matrix", { by: "namespace" }],
        ["vocabulary", null],
      ]) {
        const answered = await send([], method, question);
        views[method] =
          answered.outcome.error === undefined ? answered.round : answered.outcome.error.message;
      }
      const { memory } = await send([], "state", null);
      return { opened, times, memory, verdicts, views };
    },
    { script: `assets/${worker}`, files: cluster(), edits },
  );
  await context.close();

  const visits = [];
  for (let i = 0; i < VISITS; i += 1) {
    const visit = await open(browser, site.url);
    visits.push(
      await visit.page.evaluate(
        () => performance.getEntriesByName("netpol:answer")[0]?.startTime ?? Number.NaN,
      ),
    );
    await visit.context.close();
  }

  const took = found.times.map((time) => time.took);
  const round = found.times.map((time) => time.round);
  console.log(`${PODS} pods, ${POLICIES} policies; ${EDITS} edits of one policy file, each followed by a check (last: ${found.verdicts})

| What | Median ms | 99th percentile ms |
|---|--:|--:|
| an edit and its new verdict, in the worker | ${ms(percentile(took, 0.5))} | ${ms(percentile(took, 0.99))} |
| the same, as the page sees it | ${ms(percentile(round, 0.5))} | ${ms(percentile(round, 0.99))} |
| first answer after navigation (${VISITS} visits, nothing cached) | ${ms(percentile(visits, 0.5))} | ${ms(percentile(visits, 0.99))} |

| What | ms |
|---|--:|
| opening all files, with a first verdict | ${ms(found.opened.took)} |
${Object.entries(found.views)
  .map(([name, time]) => `| ${name} | ${typeof time === "number" ? ms(time) : time} |`)
  .join("\n")}

The module's memory: ${(found.memory / 1048576).toFixed(0)} MiB.`);
} finally {
  await browser.close();
  await site.close();
}
