// The page as a person uses it.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ask, becomes, launch, open, serve, type, verdict } from "./site.mjs";

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

inPage("the first state is the puzzle, answered", async (page) => {
  assert.match(await verdict(page), /DENY/);
  assert.equal(await page.inputValue("#ask-from"), "shop/web");
  assert.match(await page.locator(".answer").innerText(), /nearest miss/);
  assert.match(await page.locator(".lesson").innerText(), /The two-rule egress puzzle/);
});

inPage("one switch turns the verdict, and turns it back", async (page) => {
  const policy = page.getByRole("switch", { name: "shop/web-egress" });
  assert.equal(await policy.getAttribute("aria-checked"), "true");
  await policy.click();
  await becomes(page, "ALLOW");
  assert.equal(await policy.getAttribute("aria-checked"), "false");
  assert.match(await page.locator(".cm-content").innerText(), /kind: NetworkPolicy/);
  await policy.click();
  await becomes(page, "DENY");
});

inPage("policies of the administrative tiers are switched, and marked on the map", async (page) => {
  await page.getByRole("button", { name: "Learn" }).click();
  await page.getByRole("button", { name: "Open: Who has the last word" }).click();
  await page.locator(".lesson", { hasText: "Who has the last word" }).waitFor();
  await ask(page, "green/api", "blue/web", "8080");
  await becomes(page, "DENY");
  const select = page.locator(".map-panel select");
  await select.selectOption("blue/web");
  const ruled = page.locator(".map-panel", { hasText: "under rules of the administrative tiers" });
  await ruled.waitFor();
  const policy = page.getByRole("switch", { name: "ClusterNetworkPolicy/tenants-apart" });
  await policy.click();
  await becomes(page, "ALLOW");
  assert.equal(await policy.getAttribute("aria-checked"), "false");
  // Another one still has rules for it.
  await page.getByRole("switch", { name: "ClusterNetworkPolicy/platform" }).click();
  await ruled.waitFor({ state: "detached" });
  await policy.click();
  await becomes(page, "DENY");
  await ruled.waitFor();
});

inPage("a reason leads to the line that decided, and marks it", async (page) => {
  await ask(page, "shop/web", "data/db", "22");
  await becomes(page, "ALLOW");
  await page.click("#file-cluster\\.yaml");
  await page.locator(".jump", { hasText: "spec.egress[1]" }).first().click();
  const marked = page.locator(".cm-deciding");
  await marked.waitFor();
  assert.match(await marked.innerText(), /namespaceSelector/);
  assert.equal(
    await page.locator('[role="tab"][aria-selected="true"]', { hasText: "policy.yaml" }).count(),
    1,
  );
  assert.match(await page.locator(".cm-activeLine").innerText(), /namespaceSelector/);
  assert.ok(await page.evaluate(() => document.activeElement?.classList.contains("cm-content")));
});

inPage("so does the nearest miss of a deny", async (page) => {
  await page.locator(".reason.near .jump", { hasText: "spec.egress[0]" }).click();
  assert.match(await page.locator(".cm-deciding").innerText(), /ports:/);
});

inPage("an error while typing shows at its line, and the last answer stays", async (page) => {
  const text = await page.evaluate(() => document.querySelector(".cm-content").innerText);
  const broken = text.replace("port: 53", "port: 99999");
  await type(page, broken);
  await page.locator(".cm-lint-marker-error").waitFor();
  assert.match(await page.locator('[data-testid="problems"]').innerText(), /errors: 1/);
  assert.match(await page.locator(".answer .error").innerText(), /policy\.yaml:16/);
  assert.match(await page.locator(".stale").innerText(), /DENY/);
  await page.locator(".answer .error .link").click();
  assert.match(await page.locator(".cm-activeLine").innerText(), /99999/);
  await type(page, text);
  await page.locator(".stale").waitFor({ state: "detached" });
  assert.equal(await page.locator(".cm-lint-marker-error").count(), 0);
});

inPage("an edit is answered at once", async (page) => {
  const text = await page.evaluate(() => document.querySelector(".cm-content").innerText);
  await type(page, text.replaceAll("port: 53", "port: 443"));
  await becomes(page, "ALLOW");
});

inPage("fields, labels and namespaces are completed", async (page) => {
  const offered = async () => {
    await page.keyboard.press("Control+Space");
    await page.locator(".cm-tooltip-autocomplete").waitFor();
    return page.locator(".cm-tooltip-autocomplete li").allInnerTexts();
  };
  const head = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: x\n  namespace: ";
  await page.waitForTimeout(400);
  await type(page, head);
  assert.deepEqual((await offered()).sort(), ["data", "shop"]);
  await page.keyboard.press("Escape");
  await type(page, `${head}shop\nspec:\n  podSelector:\n    matchLabels:\n      app: `);
  assert.deepEqual(await offered(), ["db", "web"]);
  await page.keyboard.press("Escape");
  await type(page, `${head}shop\nspec:\n  po`);
  assert.deepEqual((await offered()).slice(0, 2).sort(), ["podSelector", "policyTypes"]);
});

inPage("what cannot be asked is said, and what was meant", async (page) => {
  await page.fill("#ask-to", "data/dbb");
  const error = page.locator('[data-testid="question-error"]');
  await error.waitFor();
  assert.match(await error.innerText(), /data\/db/);
});

inPage("a diff shows what an edit closed, with a witness and its reasons", async (page) => {
  await page.click("#tab-diff");
  await page.getByRole("button", { name: "Set baseline" }).click();
  await page.locator('[data-testid="diff-same"]').waitFor();
  await page.getByRole("switch", { name: "shop/web-egress" }).click();
  await page.locator(".moved.opened").first().waitFor();
  assert.match(await page.locator(".diff-view").innerText(), /shop\/web/);
  await page.locator(".change summary").first().click();
  assert.match(await page.locator(".decision").first().innerText(), /before: ✕ DENY/);
  await page.getByRole("switch", { name: "shop/web-egress" }).click();
  await page.locator('[data-testid="diff-same"]').waitFor();
});

inPage("a link holds the workspace, in its fragment alone", async (page) => {
  await page.getByRole("switch", { name: "shop/web-egress" }).click();
  await becomes(page, "ALLOW");
  await ask(page, "data/db", "shop/web", "8080");
  await page.click("#tab-table");
  await page.getByRole("button", { name: "Share" }).click();
  const field = page.locator('[data-testid="share-link"]');
  await page.waitForFunction(() =>
    document.querySelector('[data-testid="share-link"]').value.includes("#1."),
  );
  const link = await field.inputValue();
  assert.ok(link.startsWith(`${site.url}#1.`), link);
  const other = await open(browser, link);
  assert.equal(await other.page.inputValue("#ask-from"), "data/db");
  await other.page.locator('[role="switch"][aria-checked="false"]').waitFor();
  assert.equal(await other.page.getAttribute("#tab-table", "aria-selected"), "true");
  assert.match(await other.page.locator(".cm-content").innerText(), /web-egress/);
  assert.deepEqual(other.faults, []);
  await other.context.close();
});

inPage("leaving with unsaved text is asked about", async (page) => {
  await type(page, "# mine\n");
  await page.locator(".cm-content", { hasText: "mine" }).waitFor();
  const asked = new Promise((resolve) => {
    page.on("dialog", (dialog) => {
      resolve(dialog.type());
      void dialog.accept();
    });
  });
  await Promise.all([page.reload(), asked]);
  assert.equal(await asked, "beforeunload");
});

inPage("a damaged link says so, and leaves the page as it is", async (page) => {
  await page.goto(`${site.url}#1.AAAA`);
  await page.locator(".notice:not(.hidden)").waitFor();
  assert.match(await page.locator(".notice").innerText(), /damaged/);
  await page.goto(`${site.url}#9.AAAA`);
  await page.locator(".notice", { hasText: "another version" }).waitFor();
  assert.match(await verdict(page), /DENY/);
});

inPage("a folder of manifests is opened, with its subfolders", async (page) => {
  const folder = join(await mkdtemp(join(tmpdir(), "netpol-")), "shop");
  await mkdir(join(folder, "policies"), { recursive: true });
  await writeFile(
    join(folder, "pods.yaml"),
    "{apiVersion: v1, kind: Pod, metadata: {name: lonely, namespace: far}}\n",
  );
  await writeFile(
    join(folder, "policies", "deny.yml"),
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny, namespace: far}\nspec: {podSelector: {}}\n",
  );
  await writeFile(join(folder, "notes.txt"), "nothing\n");
  await page.setInputFiles('[data-testid="pick-folder"]', folder);
  await page.getByRole("switch", { name: "far/deny" }).waitFor();
  await ask(page, "shop/web", "far/lonely", "80");
  await becomes(page, "DENY");
});

inPage("a folder is dropped", async (page) => {
  // Chromium makes no folder entries for events of scripts, so the entry is played; the rest is real.
  await page.evaluate(() => {
    const text = "{apiVersion: v1, kind: Pod, metadata: {name: dropped, namespace: far}}\n";
    const file = { isFile: true, fullPath: "/dir/a.yaml", file: (done) => done(new File([text], "a.yaml")) };
    let given = false;
    const reader = {
      readEntries: (done) => {
        done(given ? [] : [file]);
        given = true;
      },
    };
    const folder = { isFile: false, isDirectory: true, fullPath: "/dir", createReader: () => reader };
    const transfer = { types: ["Files"], items: [{ webkitGetAsEntry: () => folder }], files: [] };
    const event = new Event("drop", { bubbles: true, cancelable: true });
    Object.defineProperty(event, "dataTransfer", { value: transfer });
    document.querySelector(".files").dispatchEvent(event);
  });
  await page.locator('[role="tab"]', { hasText: "dir/a.yaml" }).waitFor();
  await ask(page, "far/dropped", "shop/web", "80");
  await becomes(page, "ALLOW");
});

inPage("a file of another encoding is refused, and said", async (page) => {
  const folder = await mkdtemp(join(tmpdir(), "netpol-"));
  await writeFile(join(folder, "latin.yaml"), Buffer.from([0x61, 0x3a, 0x20, 0xe9, 0x0a]));
  await page.setInputFiles('[data-testid="pick-files"]', join(folder, "latin.yaml"));
  await page.locator(".notice", { hasText: "latin.yaml cannot be read" }).waitFor();
});

inPage("examples are opened from the gallery, and that can be undone", async (page) => {
  await page.getByRole("button", { name: "Learn" }).click();
  const cards = page.locator(".gallery .card");
  assert.equal(await cards.count(), 22);
  await page.getByRole("button", { name: "Open: A shop in three tiers" }).click();
  await page.locator(".lesson", { hasText: "A shop in three tiers" }).waitFor();
  await page.locator(".headline").waitFor();
  const chips = page.locator(".lesson .chip");
  await chips.first().waitFor();
  for (const chip of await chips.all()) {
    const expected = (await chip.getAttribute("title")).replace(/.*: /, "");
    await chip.click();
    await becomes(page, expected.toUpperCase());
  }
  await page.locator(".notice button", { hasText: "Undo" }).click();
  await becomes(page, "DENY");
  assert.equal(await page.inputValue("#ask-to"), "world");
});

inPage("the map draws what is selected", async (page) => {
  const canvas = page.locator(".canvas");
  await page.locator(".canvas canvas").first().waitFor({ state: "attached" });
  await page.locator(".map-panel select").selectOption("shop/web");
  await page.waitForFunction(() => Number(document.querySelector(".canvas").dataset.edges) > 0);
  const panel = await page.locator(".map-panel").innerText();
  assert.match(panel, /Connections of shop\/web/);
  assert.match(panel, /data\/db any port/);
  assert.match(panel, /world TCP 53, UDP 53/);
  assert.ok(await canvas.isVisible());
  const before = Number(await canvas.getAttribute("data-edges"));
  await page.getByLabel("in", { exact: true }).uncheck();
  await page.waitForFunction((n) => Number(document.querySelector(".canvas").dataset.edges) < n, before);
});

inPage("a click on the map selects", async (page) => {
  const box = await page.locator(".canvas").boundingBox();
  await page.locator(".canvas canvas").first().waitFor({ state: "attached" });
  await page.waitForTimeout(300);
  // Somewhere on the canvas there is a workload.
  for (let y = 0.15; y < 0.95; y += 0.08) {
    for (let x = 0.1; x < 0.95; x += 0.08) {
      await page.mouse.click(box.x + box.width * x, box.y + box.height * y);
      if ((await page.locator(".map-panel h3").count()) > 0) {
        return;
      }
    }
  }
  assert.fail("nothing was selected");
});

inPage("a thousand workloads are shown by namespace, and one namespace with what is in it", async (page) => {
  const documents = [];
  for (let i = 0; i < 1000; i += 1) {
    documents.push(
      `{apiVersion: v1, kind: Pod, metadata: {name: w${i}, namespace: n${i % 20}, labels: {app: w${i}}}}`,
    );
  }
  const folder = await mkdtemp(join(tmpdir(), "netpol-"));
  await writeFile(join(folder, "many.yaml"), documents.join("\n---\n"));
  await page.setInputFiles('[data-testid="pick-files"]', join(folder, "many.yaml"));
  await page.locator(".map-view .hint", { hasText: "shown by namespace" }).waitFor();
  await page.locator(".map-panel select").selectOption("namespace n7");
  await page.locator(".map-panel h3", { hasText: "n7" }).waitFor();
  await page.waitForFunction(() => Number(document.querySelector(".canvas").dataset.edges) > 0);
  await page.locator(".map-view .filters select").selectOption("n7");
  await page.locator(".map-panel select").selectOption("n7/w7");
  await page.locator(".map-panel h3", { hasText: "n7/w7" }).waitFor();
  // All are open to all: a badge, and no arrow for each.
  await page.waitForFunction(() => Number(document.querySelector(".canvas").dataset.edges) <= 12);
  await page.click("#tab-table");
  await page.locator(".table-view", { hasText: "Too many to show at once" }).waitFor();
  await page.locator(".table-view select").first().selectOption("namespace");
  await page.locator("table.matrix").waitFor();
});

inPage("egress tells what is open outside, and what is worth a look", async (page) => {
  await page.click("#tab-egress");
  const card = page.locator(".egress-view .card", { hasText: "shop/web" });
  await card.waitFor();
  const text = await card.innerText();
  assert.match(text, /TCP 53, UDP 53/);
  assert.match(text, /a tunnel is possible/);
  assert.match(text, /names resolve/);
});

inPage("by keyboard alone: ask, and go through the table", async (page) => {
  await page.keyboard.press("Alt+q");
  await page.waitForFunction(() => document.activeElement?.id === "ask-from");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("data/db");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("shop/web");
  await page.keyboard.press("Tab");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("8080");
  await becomes(page, "ALLOW");
  await page.keyboard.press("Alt+v");
  await page.waitForFunction(() => document.activeElement?.id === "tab-map");
  await page.keyboard.press("ArrowRight");
  await page.locator("table.matrix").waitFor();
  for (let i = 0; i < 12; i += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement?.closest("table.matrix td") !== null)) {
      break;
    }
  }
  const label = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
  // Its pods may reach each other.
  assert.equal(await label(), "data/db → data/db: all");
  await page.keyboard.press("ArrowDown");
  await page.waitForFunction(() =>
    document.activeElement?.getAttribute("aria-label")?.startsWith("shop/web → data/db"),
  );
  assert.equal(await label(), "shop/web → data/db: all");
  await page.keyboard.press("Enter");
  await page.locator(".headline .asked", { hasText: "shop/web" }).waitFor();
  assert.equal(await page.inputValue("#ask-to"), "data/db");
});

inPage("the editor can be left by keyboard", async (page) => {
  await page.keyboard.press("Alt+e");
  await page.waitForFunction(() => document.activeElement?.classList.contains("cm-content"));
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  assert.ok(await page.evaluate(() => !document.activeElement?.classList.contains("cm-content")));
});

inPage(
  "a browser that prefers Chinese is answered in Chinese, and can change",
  async (page) => {
    assert.match(await verdict(page), /拒绝/);
    assert.equal(await page.getAttribute("html", "lang"), "zh-Hans");
    await page.locator(".answer", { hasText: "策略" }).waitFor();
    await page.getByRole("button", { name: "English" }).click();
    await becomes(page, "DENY");
    await page.locator(".answer", { hasText: "isolated" }).waitFor();
  },
  { locale: "zh-CN" },
);

inPage("what is assumed can be changed, and what makes no sense is refused", async (page) => {
  await page.click('[data-testid="settings"]');
  await page.getByLabel("Pod CIDRs").fill("10.0.0.0/99");
  await page.keyboard.press("Tab");
  await page.locator("dialog .error", { hasText: "10.0.0.0/99" }).waitFor();
  await page.getByLabel("Pod CIDRs").fill("");
  await page.keyboard.press("Tab");
  await page.locator("dialog .error").waitFor({ state: "hidden" });
  await page.getByLabel("Profile").selectOption("np-guard");
  await page.keyboard.press("Escape");
  await page.locator('[data-testid="settings"]', { hasText: "np-guard" }).waitFor();
  await page.locator(".answer .folded summary", { hasText: "Based on" }).click();
  await page.locator(".answer", { hasText: "Profile: np-guard" }).waitFor();
});

inPage("the map, a report and the manifests are exported", async (page) => {
  await page.locator(".map-panel select").selectOption("shop/web");
  await page.waitForFunction(() => Number(document.querySelector(".canvas").dataset.edges) > 0);
  await page.getByRole("button", { name: "Export" }).click();
  const saved = async (name) => {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name }).click(),
    ]);
    return readFile(await download.path(), "utf8");
  };
  const svg = await saved("Map as SVG");
  assert.match(svg, /^<svg /);
  assert.match(svg, /shop\/web → data\/db/);
  const report = await saved("Report as Markdown");
  assert.match(report, /netpol check shop\/web world 443/);
  assert.match(report, /\*\*DENY\*\*/);
  const manifests = await saved("Manifests as YAML");
  assert.match(manifests, /# policy\.yaml\n[\s\S]*---\n# cluster\.yaml\n/);
});

inPage("files are added, renamed and closed, and closing can be undone", async (page) => {
  await page.getByRole("button", { name: "New file" }).click();
  await page.getByRole("switch", { name: "default/new-policy" }).waitFor();
  await page.fill(".rename input", "mine.yaml");
  await page.keyboard.press("Enter");
  await page.locator('[role="tab"]', { hasText: "mine.yaml" }).waitFor();
  await page.getByRole("button", { name: "Close mine.yaml" }).click();
  assert.equal(await page.getByRole("switch", { name: "default/new-policy" }).count(), 0);
  await page.locator(".notice button", { hasText: "Undo" }).click();
  await page.getByRole("switch", { name: "default/new-policy" }).waitFor();
  // What the files were beside is back too.
  assert.match(await page.locator(".lesson").innerText(), /The two-rule egress puzzle/);
});

inPage(
  "on a narrow screen the two sides are tabs",
  async (page) => {
    assert.ok(await page.locator("#ask-from").isVisible());
    assert.ok(!(await page.locator(".cm-content").isVisible()));
    await page.locator(".jump").first().click();
    await page.locator(".cm-deciding").waitFor();
    assert.ok(!(await page.locator("#ask-from").isVisible()));
    await page.getByRole("tab", { name: "Answers" }).click();
    assert.ok(await page.locator("#ask-from").isVisible());
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    assert.ok(!wide, "the page is wider than the screen");
  },
  { viewport: { width: 390, height: 800 } },
);

test("after the first visit the page works without a server", async () => {
  const { page, context, faults } = await open(browser, site.url);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  site.state.down = true;
  try {
    await page.reload();
    await page.locator(".headline").waitFor();
    assert.match(await verdict(page), /DENY/);
    await page.locator(".canvas canvas").first().waitFor({ state: "attached" });
    await page.getByRole("button", { name: "Learn" }).click();
    await page.getByRole("button", { name: "Open: A shop in three tiers" }).click();
    await page.locator(".lesson", { hasText: "A shop in three tiers" }).waitFor();
    assert.deepEqual(faults, []);
  } finally {
    site.state.down = false;
    await context.close();
  }
});
