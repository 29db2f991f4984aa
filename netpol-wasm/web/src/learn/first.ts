// What the page shows first.

import cluster from "../../../../examples/puzzle/cluster.yaml?raw";
import policy from "../../../../examples/puzzle/policy.yaml?raw";
import type { SourceFile } from "../engine/protocol";

export const FIRST_FILES: readonly SourceFile[] = [
  { name: "policy.yaml", text: policy },
  { name: "cluster.yaml", text: cluster },
];

/** Switching the puzzle's policy off turns its verdict. */
export const FIRST_QUESTION = { from: "shop/web", to: "world", port: "443" } as const;
