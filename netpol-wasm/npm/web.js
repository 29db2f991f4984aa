// For browsers, workers and bundlers: `load` fetches the module, by default from beside this file.

import init, { Workspace as Raw } from "./netpol_wasm.js";
import { workspaceOf } from "./workspace.js";

const SENTENCES = {
  en: () => import("./messages.en.js"),
  zh: () => import("./messages.zh.js"),
};

const languages = {};
let loading;
let module;

export { Broken } from "./workspace.js";
export const Workspace = workspaceOf(Raw, languages);

/** Loads the module, once, and the sentences of languages; to be awaited before the first `Workspace`. */
export async function load(source, { languages: wanted = Object.keys(SENTENCES) } = {}) {
  loading ??= init(source === undefined ? undefined : { module_or_path: source });
  try {
    [module] = await Promise.all([loading, ...wanted.map(learn)]);
  } catch (error) {
    loading = module && loading;
    throw error;
  }
}

async function learn(language) {
  languages[language] ??= (await SENTENCES[language]()).default;
}

/** How much memory the module has, in bytes. */
export const memoryBytes = () => module?.memory.buffer.byteLength ?? 0;
