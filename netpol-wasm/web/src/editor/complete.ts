// Completion of fields, label keys and values, namespaces and ports.

import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import type { Vocabulary } from "netpol";
import { type Context, contextAt } from "./context";
import { fieldsAt, valuesOf } from "./fields";

/** Enough lines above the cursor to find the document's beginning in any manifest that people write. */
const LINES_ABOVE = 2000;

export const completer =
  (vocabulary: () => Vocabulary | undefined) =>
  (cursor: CompletionContext): CompletionResult | null => {
    const line = cursor.state.doc.lineAt(cursor.pos);
    const lines: string[] = [];
    for (let n = Math.max(1, line.number - LINES_ABOVE); n < line.number; n += 1) {
      lines.push(cursor.state.doc.line(n).text);
    }
    lines.push(line.text.slice(0, cursor.pos - line.from));
    const context = contextAt(lines);
    const options = completionsFor(context, vocabulary());
    const from = cursor.pos - context.typed.length;
    if (options.length === 0 || (context.typed === "" && !cursor.explicit && context.key === undefined)) {
      return null;
    }
    return { from, options, validFor: /^[\w./-]*$/ };
  };

const plain = (label: string, detail?: string): Completion =>
  detail === undefined ? { label, type: "constant" } : { label, detail, type: "constant" };

/** What may stand at a place. */
export function completionsFor(context: Context, names: Vocabulary | undefined): Completion[] {
  const { path, key } = context;
  const above = path.at(-1);
  const labels = above === "matchLabels" || above === "labels" || isPlainSelector(path, context.kind);
  const ofNamespaces = path.some((name) => name === "namespaceSelector" || name === "namespaces");
  const known = ofNamespaces ? names?.namespace_labels : names?.pod_labels;
  if (key === undefined) {
    if (above === "policyTypes") {
      return ["Ingress", "Egress"].map((name) => plain(name));
    }
    if (labels) {
      return Object.keys(known ?? {})
        .filter((name) => !context.siblings.includes(name))
        .map((name) => ({ label: name, apply: `${name}: `, type: "property" }));
    }
    const fields = fieldsAt(path, context.kind).filter((field) => !context.siblings.includes(field.name));
    return fields.map(({ name, shape }) => ({
      label: name,
      apply: shape === "value" ? `${name}: ` : `${name}:`,
      type: "property",
    }));
  }
  if (labels) {
    return (known?.[key] ?? []).map((value) => plain(value));
  }
  if (key === "namespace") {
    return (names?.namespaces ?? []).map((name) => plain(name));
  }
  if (key === "key" && above === "matchExpressions") {
    return Object.keys(known ?? {}).map((name) => plain(name));
  }
  if ((key === "port" || key === "targetPort") && above === "ports") {
    return Object.entries(names?.port_names ?? {}).map(([name, numbers]) => plain(name, numbers.join(", ")));
  }
  return valuesOf(key, path).map((value) => plain(value));
}

/** A Service's selector is a mapping of labels itself. */
const isPlainSelector = (path: readonly string[], kind: string | undefined): boolean =>
  kind === "Service" && path.at(-1) === "selector";
