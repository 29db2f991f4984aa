// Writes a question with its verdict as a connectivity test.

import type { SourceFile } from "../engine/protocol";

/** A question and what is expected of it. */
export interface Expected {
  from: string;
  to: string;
  port: string;
  expect: "allow" | "deny" | "undefined";
}

const HEAD = "apiVersion: netpol.dev/v1alpha1\nkind: ConnectivityTest\n";

/** Text that YAML reads as the string that it is. */
export function yamlString(text: string): string {
  const plain = /^[A-Za-z][A-Za-z0-9./_*-]*$|^\d+\.\d+\.\d+\.\d+(\/\d+)?$/.test(text);
  const word = /^(true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return plain && !word ? text : JSON.stringify(text);
}

const portOf = (port: string): string => (/^\d+$/.test(port) ? port : yamlString(port));

/** A name that the text has not. */
function freeName(wanted: string, text: string): string {
  const taken = (name: string): boolean =>
    text.split("\n").some((line) => line.trim() === `- name: ${yamlString(name)}`);
  for (let number = 2, name = wanted; ; number += 1) {
    if (!taken(name)) {
      return name;
    }
    name = `${wanted} (${number})`;
  }
}

/** A test as an entry of `tests`. */
export function entryOf({ from, to, port, expect }: Expected, text = ""): string {
  const asked = [from.trim(), to.trim()].join(" → ") + (port.trim() === "" ? "" : ` ${port.trim()}`);
  const lines = [
    `- name: ${yamlString(freeName(`${asked}: ${expect}`, text))}`,
    `  from: ${yamlString(from.trim())}`,
    `  to: ${yamlString(to.trim())}`,
    ...(port.trim() === "" ? [] : [`  ports: ${portOf(port.trim())}`]),
    `  expect: ${expect}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** Whether a text is one document of tests that more can be added to at its end. */
export function takesMore(text: string): boolean {
  if (!text.startsWith(HEAD) || /^---/m.test(text)) {
    return false;
  }
  const last = text.split("\n").findLast((line) => /^[A-Za-z]/.test(line));
  return last === "tests:" && /^- /m.test(text);
}

/** The file that holds the test then, with its text, and whether it is new. */
export function withTest(
  files: readonly SourceFile[],
  expected: Expected,
): { file: SourceFile; isNew: boolean } {
  const open = files.find(({ text }) => takesMore(text));
  if (open !== undefined) {
    const text = open.text.endsWith("\n") ? open.text : `${open.text}\n`;
    return { file: { name: open.name, text: text + entryOf(expected, text) }, isNew: false };
  }
  const resources = files.map(({ name }) => `- ${yamlString(name)}\n`).join("");
  const text = `${HEAD}metadata:\n  name: playground\nresources:\n${resources}tests:\n${entryOf(expected)}`;
  return { file: { name: "tests.yaml", text }, isNew: true };
}
