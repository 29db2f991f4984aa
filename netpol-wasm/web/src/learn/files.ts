// The texts of the repository's examples; loaded when the gallery is opened.

import type { SourceFile } from "../engine/protocol";

const manifests = import.meta.glob<string>(
  ["../../../../examples/**/*.yaml", "!../../../../examples/**/tests.yaml"],
  { query: "?raw", import: "default", eager: true },
);
const questions = import.meta.glob<string>("../../../../examples/**/questions.txt", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** A question of an example, with its answer. */
export interface KnownQuestion {
  from: string;
  to: string;
  port: string;
  verdict: string;
}

const within = (id: string): string => `/examples/${id}/`;

/** The manifests of an example, sorted by name, policies first: they are what it is about. */
export function filesOf(id: string): SourceFile[] {
  const files = Object.entries(manifests)
    .filter(([path]) => path.includes(within(id)))
    .map(([path, text]) => ({ name: path.slice(path.lastIndexOf("/") + 1), text }));
  const rank = (file: SourceFile): number => (file.name.startsWith("policy") ? 0 : 1);
  return files.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

/** The questions of an example, from lines such as `shop/web data/db 5432 => allow`. */
export function questionsOf(id: string): KnownQuestion[] {
  const text = Object.entries(questions).find(([path]) => path.includes(within(id)))?.[1] ?? "";
  return text.split("\n").flatMap((line) => {
    const match = /^(\S+)\s+(\S+)(?:\s+(\S+))?\s+=>\s+(\S+)$/.exec(line.trim());
    if (match === null) {
      return [];
    }
    const [, from = "", to = "", port = "", verdict = ""] = match;
    return [{ from, to, port: port === "any" ? "" : port, verdict }];
  });
}
