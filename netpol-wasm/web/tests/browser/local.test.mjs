// `netpol playground`: the page in the program, with manifests opened. NETPOL_BINARY names a build
// with the feature `playground`.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ask, becomes, launch, open, verdict } from "./site.mjs";

const binary = process.env.NETPOL_BINARY;
const root = fileURLToPath(new URL("../../../..", import.meta.url));

/** Starts the program, and gives it the time to say its address. */
async function started(args) {
  const program = spawn(binary, ["playground", ...args], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const [url] = await new Promise((resolve, reject) => {
    createInterface(program.stdout).once("line", (line) => resolve([line]));
    program.once("exit", (code) => reject(new Error(`netpol playground ended with ${code}`)));
  });
  return { url, stop: () => program.kill() };
}

for (const [name, args, run] of [
  [
    "manifests that are given are opened, with the options of the command line",
    ["-f", "examples/three-tier-shop", "--profile", "np-guard"],
    async (page) => {
      await page.locator('[role="tab"]', { hasText: "examples/three-tier-shop/policy.yaml" }).waitFor();
      assert.match(await page.locator('[data-testid="settings"]').textContent(), /np-guard/);
      assert.equal(await page.inputValue("#ask-from"), "");
      const offered = page.locator("#ask-from-offered option");
      await offered.first().waitFor({ state: "attached" });
      const [workload] = await offered.evaluateAll((all) => all.map((one) => one.value));
      await ask(page, workload, "world", "443");
      const workers = await page.evaluate(
        async () => (await navigator.serviceWorker.getRegistrations()).length,
      );
      assert.equal(workers, 0);
    },
  ],
  [
    "without manifests it is the puzzle",
    [],
    async (page) => {
      await becomes(page, "DENY");
      assert.match(await verdict(page), /DENY/);
    },
  ],
]) {
  test(name, {
    skip: binary === undefined && "NETPOL_BINARY names no build of the command line",
  }, async () => {
    const { url, stop } = await started(args);
    const browser = await launch();
    try {
      const [base, search] = url.split("?");
      const { page, faults } = await open(browser, base, {
        fragment: search ? `?${search}` : "",
        settled: search ? ".answer .hint" : ".headline",
      });
      await run(page);
      assert.deepEqual(faults, []);
    } finally {
      await browser.close();
      stop();
    }
  });
}
