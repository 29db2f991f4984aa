// For browsers, workers and bundlers: `load` fetches the module, by default from beside this file.

import init, { Workspace as Raw } from "./netpol_wasm.js";
import { workspaceOf } from "./workspace.js";

export { Broken } from "./workspace.js";
export const Workspace = workspaceOf(Raw);

let module;

/** Loads the module; to be awaited before the first `Workspace`. */
export async function load(source) {
  module = await init(source === undefined ? undefined : { module_or_path: source });
}

/** How much memory the module has, in bytes. */
export const memoryBytes = () => module?.memory.buffer.byteLength ?? 0;
