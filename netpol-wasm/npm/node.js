// For Node.js: the module is read from beside this file.

import { readFileSync } from "node:fs";
import { initSync, Workspace as Raw } from "./netpol_wasm.js";
import { workspaceOf } from "./workspace.js";

initSync({ module: readFileSync(new URL("./netpol_wasm_bg.wasm", import.meta.url)) });

export { Broken } from "./workspace.js";
export const Workspace = workspaceOf(Raw);

/** Here, there is nothing left to load. */
export async function load() {}
