// Serves the built page under a path of its own, and opens it in Chromium.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));
const PATH = "/some/where/";
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
};

/** Where screenshots are written. */
export const SHOTS = fileURLToPath(new URL("../../test-results/", import.meta.url));

/** A server for the built page; `down` makes it refuse everything. */
export async function serve() {
  const state = { down: false };
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    try {
      if (state.down || !path.startsWith(PATH)) {
        throw new Error("not here");
      }
      const name = path.slice(PATH.length) || "index.html";
      const body = await readFile(join(DIST, name));
      response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "application/octet-stream" });
      response.end(body);
    } catch {
      response.writeHead(404);
      response.end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}${PATH}`;
  return { url, state, close: () => new Promise((resolve) => server.close(resolve)) };
}

export function launch() {
  return chromium.launch({
    executablePath: process.env.NETPOL_CHROMIUM?.includes("/")
      ? process.env.NETPOL_CHROMIUM
      : "/usr/bin/chromium",
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
}

/** A page in a context of its own; whatever goes wrong in it, or is asked of another place, is in `faults`. */
export async function open(browser, url, { fragment = "", settled = ".headline", ...options } = {}) {
  const context = await browser.newContext({
    locale: "en-US",
    viewport: { width: 1440, height: 900 },
    reducedMotion: "reduce",
    ...options,
  });
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") {
      faults.push(`console: ${message.text()}`);
    }
  });
  const origin = new URL(url).origin;
  context.on("request", (request) => {
    if (!request.url().startsWith(origin) && !/^(blob|data):/.test(request.url())) {
      faults.push(`request: ${request.url()}`);
    }
  });
  await page.goto(url + fragment);
  await page.locator(settled).first().waitFor();
  return { page, context, faults };
}

/** Asks, and waits for the verdict. */
export async function ask(page, from, to, port) {
  await page.fill("#ask-from", from);
  await page.fill("#ask-to", to);
  await page.fill("#ask-port", port);
  const asked = page.locator(".headline .asked");
  await asked
    .filter({ hasText: from })
    .filter({ hasText: to })
    .filter({ hasText: port || "any port" })
    .waitFor();
}

export const verdict = (page) => page.locator(".headline .verdict").innerText();

/** Waits until the verdict is this one. */
export const becomes = (page, word) => page.locator(".headline .verdict", { hasText: word }).waitFor();

/** Puts a text into the editor in place of the one that is there. */
export async function type(page, text) {
  await page.click(".cm-content");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(text);
}
