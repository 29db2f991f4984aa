// The part of the page for authors: lint, tests and fixes.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ask, becomes, launch, open, serve, type } from "./site.mjs";

let browser;
let site;
before(async () => {
  site = await serve();
  browser = await launch();
});
after(async () => {
  await browser.close();
  await site.close();
});

/** A test with a page of its own, in which nothing may go wrong. */
const inPage = (name, run, options) =>
  test(name, async () => {
    const { page, context, faults } = await open(browser, site.url, options);
    try {
      await run(page, context);
      assert.deepEqual(faults, []);
    } finally {
      await context.close();
    }
  });

const textOf = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll(".cm-content .cm-line")].map((line) => line.textContent).join("\n"),
  );

inPage("findings are in the gutter, and follow what is typed", async (page) => {
  const markers = page.locator(".cm-lint-marker-warning, .cm-lint-marker-info");
  await markers.first().waitFor();
  await page.click("#tab-lint");
  const dns = page.locator(".lint-finding", { hasText: "dns-to-anywhere" });
  await dns.waitFor();
  assert.match(await page.locator('[data-testid="lint-counts"]').innerText(), /warnings: [1-9]/);
  const text = await textOf(page);
  await type(page, text.replaceAll("port: 53", "port: 443"));
  await dns.waitFor({ state: "detached" });
});

inPage("a finding leads to its line, and explains itself", async (page) => {
  await page.click("#tab-lint");
  const dns = page.locator(".lint-finding", { hasText: "dns-to-anywhere" });
  await dns.locator(".jump").first().click();
  assert.match(await page.locator(".cm-deciding").first().innerText(), /ports:|port/);
  assert.ok(await page.evaluate(() => document.activeElement?.classList.contains("cm-content")));
  await dns.locator("summary").click();
  assert.equal(await dns.locator(".explanation pre").count(), 2);
  assert.match(await dns.locator(".explanation").innerText(), /kind: NetworkPolicy/);
});

inPage("from the gutter to the explanation, and there by keyboard", async (page) => {
  await page.locator(".cm-lint-marker-warning").first().waitFor();
  await page.click(".cm-content");
  // CodeMirror's own keys: the panel of diagnostics.
  await page.keyboard.press("ControlOrMeta+Shift+M");
  const explain = page.locator(".cm-panel-lint .cm-diagnosticAction", { hasText: "Explain" }).first();
  await explain.waitFor();
  await explain.click();
  await page.locator(".lint-finding details[open] .explanation").waitFor();
  assert.equal(await page.getAttribute("#tab-lint", "aria-selected"), "true");
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), "SUMMARY");
});

inPage("what is switched off has no findings", async (page) => {
  await page.click("#tab-lint");
  const dns = page.locator(".lint-finding", { hasText: "dns-to-anywhere" });
  await dns.waitFor();
  await page.getByRole("switch", { name: "shop/web-egress" }).click();
  await dns.waitFor({ state: "detached" });
});

inPage("while a file has errors, the findings of before stay, and that is said", async (page) => {
  await page.click("#tab-lint");
  await page.locator(".lint-finding").first().waitFor();
  const text = await textOf(page);
  await type(page, text.replace("port: 53", "port: 99999"));
  await page.locator(".lint-view .failure").waitFor();
  assert.match(await page.locator(".lint-view .failure").innerText(), /before.*policy\.yaml:16/s);
  assert.ok((await page.locator(".lint-finding").count()) > 0);
});

inPage("a question becomes a test, which passes, and fails when the policy changes", async (page) => {
  await page.click("#tab-tests");
  await page.getByRole("button", { name: "Write a test of the question above" }).click();
  await page.locator(".test.passed").waitFor();
  assert.match(await textOf(page), /kind: ConnectivityTest[\s\S]*expect: deny/);
  assert.match(await page.locator(".notice").innerText(), /tests\.yaml/);
  await ask(page, "shop/web", "data/db", "5432");
  await becomes(page, "ALLOW");
  await page.getByRole("button", { name: "Write a test of the question above" }).click();
  await page.locator('[data-testid="test-counts"]', { hasText: "passed: 2, failed: 0" }).waitFor();
  await page.getByRole("switch", { name: "shop/web-egress" }).click();
  const failed = page.locator(".test.failed");
  await failed.waitFor();
  assert.match(await failed.innerText(), /failed.*shop\/web → world 443/s);
  await failed.locator("summary").first().click();
  assert.match(await failed.locator(".witness").innerText(), /ALLOW/);
});

inPage("what is wrong with a test is said at its line", async (page) => {
  await page.click("#tab-tests");
  await page.getByRole("button", { name: "Write a test of the question above" }).click();
  await page.locator(".test.passed").waitFor();
  const text = await textOf(page);
  await type(page, text.replace("expect: deny", "expect: maybe"));
  const error = page.locator(".tests-view .error");
  await error.waitFor();
  assert.match(await error.innerText(), /tests\.yaml:\d+.*maybe/s);
  await page.locator(".cm-lint-marker-error").waitFor();
});

inPage("a fix is shown with its change, applied, and undone in one step", async (page) => {
  const before = await textOf(page);
  await page.getByRole("button", { name: "How to allow it" }).click();
  const first = page.locator(".way").first();
  await first.waitFor();
  assert.match(await first.locator(".patch").innerText(), /^\+/m);
  await first.getByRole("button", { name: /^Apply fix 1/ }).click();
  await becomes(page, "ALLOW");
  assert.match(await page.locator('.notice[role="status"]').innerText(), /Applied: .*Ctrl\+Z/);
  assert.notEqual(await textOf(page), before);
  assert.ok(await page.evaluate(() => document.activeElement?.classList.contains("cm-content")));
  await page.keyboard.press("ControlOrMeta+z");
  await becomes(page, "DENY");
});

inPage("what is allowed can be denied, by keyboard alone", async (page) => {
  await ask(page, "shop/web", "data/db", "5432");
  await becomes(page, "ALLOW");
  await page.focus('[data-testid="fixes"]');
  await page.keyboard.press("Enter");
  const apply = page.getByRole("button", { name: /^Apply fix 1/ });
  await apply.waitFor();
  await apply.focus();
  await page.keyboard.press("Enter");
  await becomes(page, "DENY");
  await page.keyboard.press("ControlOrMeta+z");
  await becomes(page, "ALLOW");
});

inPage(
  "all of it is told in Chinese",
  async (page) => {
    await page.click("#tab-lint");
    await page.locator(".lint-finding").first().waitFor();
    const text = await page.locator(".lint-finding").first().innerText();
    assert.match(text, /\p{Script=Han}/u);
    await page.locator('[data-testid="fixes"]').click();
    await page.locator(".way").first().waitFor();
    assert.match(await page.locator(".way b").first().innerText(), /\p{Script=Han}/u);
  },
  { locale: "zh-CN" },
);
