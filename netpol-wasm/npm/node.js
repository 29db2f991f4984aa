// For Node.js: the module is read from beside this file.

import { readFileSync } from "node:fs";
import en from "./messages.en.js";
import zh from "./messages.zh.js";
import { initSync, Workspace as Raw } from "./netpol_wasm.js";
import { workspaceOf } from "./workspace.js";

const module = initSync({ module: readFileSync(new URL("./netpol_wasm_bg.wasm", import.meta.url)) });

export { Broken } from "./workspace.js";
export const Workspace = workspaceOf(Raw, { en, zh });

/** How much memory the module has, in bytes. */
export const memoryBytes = () => module.memory.buffer.byteLength;

/** Here, there is nothing left to load. */
export async function load() {}
