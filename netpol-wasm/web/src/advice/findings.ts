// Findings as sentences, and in the gutter of the editor.

import { effect, signal } from "@preact/signals";
import type { Diagnostic } from "netpol";
import type { LintFinding } from "netpol/authoring";
import { messages, type Remark, remarks, side, state, tab } from "../store";
import { linted, lintFailure, rules, tested } from "./engine";
import { findingText } from "./sentences";
import { words } from "./words";

/** A key that is the same for the same finding. */
export const findingKey = ({ rule, place, field, policy, params, peers }: LintFinding): string =>
  JSON.stringify([rule, place?.file, place?.start, field, policy, params, peers]);

/** Those that count. */
export const counting = (findings: readonly LintFinding[]): LintFinding[] =>
  findings.filter((finding) => finding.ignored === undefined);

/** The finding that is to be explained; a new object for each time. */
export const explained = signal<{ key: string } | undefined>(undefined);

function explain(finding: LintFinding): void {
  explained.value = { key: findingKey(finding) };
  tab.value = "lint";
  side.value = "answer";
}

function remarksOf(problems: readonly Diagnostic[] = []): Remark[] {
  return problems.flatMap(({ place, severity, message }) =>
    place === null ? [] : [{ place, severity, message, actions: [] }],
  );
}

effect(() => {
  const [table, told, word] = [rules.value, messages.value, words.value];
  const found = counting(linted.value?.answer.findings ?? []).flatMap((finding): Remark[] => {
    const { place, rule, severity } = finding;
    if (place === undefined) {
      return [];
    }
    const message = `[${rule}] ${findingText(finding, table, told)}`;
    return [{ place, severity, message, actions: [{ name: word.explain, apply: () => explain(finding) }] }];
  });
  // What is wrong with objects is in the editor by the first module; with annotations and tests, only here.
  const wrong = state.value?.usable === true ? lintFailure.value : undefined;
  remarks.value = [
    { files: linted.value?.files ?? [], all: found, stay: true },
    { files: wrong?.files ?? [], all: remarksOf(wrong?.diagnostics), stay: false },
    { files: tested.value?.files ?? [], all: remarksOf(tested.value?.answer.problems), stay: false },
  ];
});
