import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));
/** The package for npm, as `cargo xtask` puts it together. */
const netpol = process.env.NETPOL_PACKAGE ?? join(here, "../../target/npm/netpol");

/** Writes the service worker: its text with the names of all files, and a version made of their content. */
function serviceWorker(): Plugin {
  return {
    name: "netpol-service-worker",
    apply: "build",
    generateBundle(_, bundle) {
      const hash = createHash("sha256");
      const files = Object.values(bundle).sort((a, b) => (a.fileName < b.fileName ? -1 : 1));
      for (const file of files) {
        hash.update(file.fileName).update(file.type === "chunk" ? file.code : file.source);
      }
      const names = files.map((file) => file.fileName).filter((name) => !name.endsWith(".map"));
      const text = readFileSync(join(here, "src/service-worker.js"), "utf8")
        .replace(
          "__FILES__",
          JSON.stringify(["./", "icon.svg", ...names.filter((name) => name !== "index.html")]),
        )
        .replace("__VERSION__", JSON.stringify(hash.digest("hex").slice(0, 16)));
      this.emitFile({ type: "asset", fileName: "service-worker.js", source: text });
    },
  };
}

/** The page begins to load with the worker, and not only when the script that starts it has run. */
function early(): Plugin {
  return {
    name: "netpol-early",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(_, { bundle }) {
        const pages = Object.keys(bundle ?? {}).filter((name) => /\/page-[^/]*\.js$/.test(name));
        return pages.map((name) => ({
          tag: "link",
          attrs: { rel: "modulepreload", href: `./${name}`, crossorigin: "" },
          injectTo: "head" as const,
        }));
      },
    },
  };
}

export default defineConfig({
  base: "./",
  resolve: {
    alias: [
      { find: /^netpol$/, replacement: join(netpol, "web.js") },
      { find: "netpol/authoring", replacement: join(netpol, "authoring.js") },
    ],
  },
  server: { fs: { allow: [join(here, "../.."), netpol] } },
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
  },
  worker: { format: "es" },
  plugins: [early(), serviceWorker()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: { include: ["src/**/*.test.ts"] },
} as Parameters<typeof defineConfig>[0]);
