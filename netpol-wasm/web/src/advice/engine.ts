// Asks the second module, which is told the same changes as the first, when typing rests.

import { batch, effect, signal } from "@preact/signals";
import type { Diagnostic, Outcome } from "netpol";
import type { Advice, FixQuestion, LintAnswer, TestsAnswer, WaysAnswer } from "netpol/authoring";
import { Engine } from "../engine/client";
import type { AdviceQuestions, SourceFile } from "../engine/protocol";
import { baseline, files, language, off, options, tab, tellOfChanges } from "../store";

export const engine = new Engine<AdviceQuestions>(
  () => new Worker(new URL("./advice-worker.ts", import.meta.url), { type: "module" }),
  () => ({
    files: [...files.peek()],
    off: [...off.peek()],
    options: { ...options.peek(), lang: language.peek() },
    baseline: baseline.peek(),
  }),
);

/** Why there is no answer, and what is wrong with the files. */
export interface Failed {
  text: string;
  diagnostics: readonly Diagnostic[];
  files: readonly SourceFile[];
}

/** The rules with their sentences. */
export const rules = signal<Advice | undefined>(undefined);
/** An answer, and the files that it is about. */
export interface Of<A> {
  answer: A;
  files: readonly SourceFile[];
}

/** The findings of the last state that could be used. */
export const linted = signal<Of<LintAnswer> | undefined>(undefined);
/** Why there are none of the present state. */
export const lintFailure = signal<Failed | undefined>(undefined);
export const tested = signal<Of<TestsAnswer> | undefined>(undefined);
export const testFailure = signal<Failed | undefined>(undefined);
/** The question whose fixes are shown. */
export const fixing = signal<FixQuestion | undefined>(undefined);
export const ways = signal<Ways | undefined>(undefined);

/** What came of the question about fixes. */
export type Ways = { of: FixQuestion; found: Of<WaysAnswer> } | { of: FixQuestion; failure: Failed };

/** So long, in milliseconds, typing has to rest. */
const REST = 300;

tellOfChanges((change) => engine.change(change));

const today = (): string => {
  const now = new Date();
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
};

const failureOf = (outcome: Outcome<unknown>): Failed | undefined =>
  outcome.error === undefined
    ? undefined
    : { text: outcome.error.message, diagnostics: outcome.diagnostics ?? [], files: files.peek() };

/** What is answered at all is about the files of now. */
const ofNow = <A>({ answer }: Outcome<A>): Of<A> | undefined =>
  answer === undefined ? undefined : { answer, files: files.peek() };

async function askLint(): Promise<void> {
  const [advice, lint] = await Promise.all([
    engine.ask("advice", "advice", null),
    engine.ask("lint", "lint", { today: today() }),
  ]);
  batch(() => {
    if (advice?.answer !== undefined) {
      rules.value = advice.answer;
    }
    if (lint !== undefined) {
      linted.value = ofNow(lint) ?? linted.peek();
      lintFailure.value = failureOf(lint);
    }
  });
}

async function askTests(): Promise<void> {
  const test = await engine.ask("test", "test", null);
  if (test !== undefined) {
    batch(() => {
      tested.value = ofNow(test) ?? tested.peek();
      testFailure.value = failureOf(test);
    });
  }
}

async function askFix(): Promise<void> {
  const of = fixing.peek();
  if (of === undefined) {
    return;
  }
  const found = await engine.ask("fix", "fix", of);
  if (found !== undefined && fixing.peek() === of) {
    const failure = failureOf(found);
    if (failure !== undefined) {
      ways.value = { of, failure };
    }
    const now = ofNow(found);
    if (now !== undefined) {
      ways.value = { of, found: now };
    }
  }
}

let rest: ReturnType<typeof setTimeout> | undefined;
effect(() => {
  engine.generation.value;
  clearTimeout(rest);
  rest = setTimeout(() => {
    void askLint();
    void askFix();
  }, REST);
});
let testsRest: ReturnType<typeof setTimeout> | undefined;
effect(() => {
  engine.generation.value;
  clearTimeout(testsRest);
  if (tab.value === "tests") {
    testsRest = setTimeout(() => void askTests(), REST);
  }
});
effect(() => {
  if (fixing.value === undefined) {
    ways.value = undefined;
  } else {
    void askFix();
  }
});
