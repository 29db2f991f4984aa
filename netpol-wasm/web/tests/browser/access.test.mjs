// Every view, light and dark: looked at by axe-core, and written where a person can look at it.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, open, SHOTS, serve } from "./site.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser;
let site;
before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  site = await serve();
  browser = await launch();
});
after(async () => {
  await browser.close();
  await site.close();
});

const VIEWS = {
  map: async (page) => {
    await page.locator(".map-panel select").selectOption("shop/web");
    await page.waitForFunction(() => Number(document.querySelector(".canvas").dataset.edges) > 0);
    await page.locator(".canvas canvas").first().waitFor({ state: "attached" });
  },
  table: async (page) => {
    await page.click("#tab-table");
    await page.locator("table.matrix").waitFor();
  },
  egress: async (page) => {
    await page.click("#tab-egress");
    await page.locator(".egress-view .card").first().waitFor();
  },
  diff: async (page) => {
    await page.click("#tab-diff");
    await page.getByRole("button", { name: /Set baseline|设置基线/ }).click();
    await page.getByRole("switch").first().click();
    await page.locator(".moved").first().waitFor();
    await page.locator(".change summary").first().click();
  },
  lint: async (page) => {
    await page.click("#tab-lint");
    await page.locator(".lint-finding summary").first().click();
    await page.locator(".explanation").first().waitFor();
  },
  tests: async (page) => {
    await page.click("#tab-tests");
    await page.locator(".tests-view button").first().click();
    await page.locator(".test.passed").waitFor({ state: "attached" });
    await page.evaluate(() => document.querySelector('.sides button[aria-controls="side-answer"]').click());
    await page.evaluate(() => document.querySelector('[role="switch"]').click());
    // On a narrow screen the notice lies over it.
    await page.locator(".notice button").last().click();
    await page.locator(".test.failed summary").first().click();
  },
  fixes: async (page) => {
    await page.locator('[data-testid="fixes"]').click();
    await page.locator(".way .patch").first().waitFor();
  },
  error: async (page) => {
    await page.click(".cm-content");
    await page.keyboard.insertText("kind: [\n");
    await page.locator(".cm-lint-marker-error").waitFor();
  },
  learn: async (page) => {
    await page.locator(".top nav button").nth(0).click();
    await page.locator(".gallery").waitFor();
  },
  share: async (page) => {
    await page.locator(".top nav button").nth(1).click();
    await page.waitForFunction(() => document.querySelector("textarea").value.includes("#1."));
  },
  export: async (page) => {
    await page.locator(".top nav button").nth(2).click();
    await page.locator("dialog").waitFor();
  },
  settings: async (page) => {
    await page.click('[data-testid="settings"]');
    await page.locator(".settings").waitFor();
  },
  keys: async (page) => {
    await page.locator(".top nav button").last().click();
    await page.locator(".keys").waitFor();
  },
};

for (const [look, options] of [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["narrow", { viewport: { width: 390, height: 800 } }],
  ["zh", { locale: "zh-CN" }],
]) {
  for (const [view, go] of Object.entries(VIEWS)) {
    if (look === "narrow" && ["error", "diff"].includes(view)) {
      continue;
    }
    test(`${view}, ${look}: nothing serious stands in the way`, async () => {
      const { page, context, faults } = await open(browser, site.url, options);
      try {
        await go(page);
        await page.waitForTimeout(150);
        await page.screenshot({ path: join(SHOTS, `${view}-${look}.png`), fullPage: look === "narrow" });
        await page.evaluate(axe);
        const found = await page.evaluate(() =>
          globalThis.axe.run(document, { resultTypes: ["violations"] }),
        );
        const grave = found.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
        const told = grave.map(
          ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(" ")}`,
        );
        assert.deepEqual(told, []);
        assert.deepEqual(faults, []);
      } finally {
        await context.close();
      }
    });
  }
}
