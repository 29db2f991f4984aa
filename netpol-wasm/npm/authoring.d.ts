/**
 * For authors of policies: who comes in, what is worst, what changed, what is likely not meant, whether tests hold, and what to change so that a
 * connection is as it is wanted. A module of its own, larger than that of `netpol`, with the same files
 * and options.
 *
 * ```js
 * import { load, Workspace } from "netpol/authoring";
 *
 * await load();
 * const workspace = new Workspace();
 * workspace.open("cluster.yaml", text);
 * for (const { rule, severity } of workspace.lint().answer.findings) {
 *   console.log(severity, rule, workspace.advice().answer.rules[rule].title);
 * }
 * ```
 */

import {
  type Basis,
  type Change,
  type CheckAnswer,
  type Diagnostic,
  type DiffAnswer,
  type IngressAnswer,
  type IngressQuestion,
  type LoadOptions,
  type Origin,
  type Outcome,
  type Params,
  type Peer,
  type Place,
  type PolicyRef,
  type Reason,
  type SummaryAnswer,
  type Verdict,
  Workspace as Base,
} from "netpol";

export { Broken } from "netpol";

/** As that of `netpol`. In Node.js, `source` has to be given: the bytes of `netpol_authoring_bg.wasm`. */
export function load(
  source?: string | URL | Request | Response | BufferSource | WebAssembly.Module,
  options?: LoadOptions,
): Promise<void>;

/** How much memory the module has, in bytes; it grows with what is open, and does not shrink. */
export function memoryBytes(): number;

export class Workspace extends Base {
  /** Who can reach each workload. */
  ingress(question?: IngressQuestion): Outcome<IngressAnswer>;
  /** Who is isolated and who is open, and what is worst. */
  summary(): Outcome<SummaryAnswer>;
  /** Keeps the present state, to compare later ones with. New options give it up. */
  setBaseline(): Outcome<null>;
  /** What changed since the baseline. */
  diff(): Outcome<DiffAnswer>;
  /** What is likely not meant. */
  lint(question?: LintQuestion): Outcome<LintAnswer>;
  /** Runs the connectivity tests in the files that are open. */
  test(): Outcome<TestsAnswer>;
  /** What to change so that a connection is as it is wanted; at most five ways, best first. */
  fix(question: FixQuestion): Outcome<WaysAnswer>;
  /** The rules of the linter with their sentences, in the language of the options. */
  advice(): Outcome<Advice>;
}

export type Severity = "error" | "warning" | "note";

// --- lint ---------------------------------------------------------------------------------------

export interface LintQuestion {
  /** The day, `YYYY-MM-DD`: what is ignored until an earlier one is not. If not given, all of it is. */
  today?: string | null;
}

export interface LintFinding {
  rule: string;
  severity: Severity;
  params?: Params;
  policy?: PolicyRef;
  field?: string;
  place?: Place;
  peers?: Peer[];
  related?: Origin[];
  /** Somebody's word that it is known. */
  ignored?: LintRemark;
  /** Somebody's word that it matters otherwise than its rule says. */
  regraded?: LintRemark;
}

export interface LintRemark {
  reason: string;
  until?: string;
  place: Place;
}

export interface LintAnswer {
  schema: "netpol.lint/v1";
  /** By file, place and rule. */
  findings: LintFinding[];
  counts: { error: number; warning: number; note: number; ignored: number };
  basis: Basis;
}

/** A rule of the linter. */
export interface LintRule {
  severity: Severity;
  /** What it is about, in a few words. */
  title: string;
  /** The template of a finding; one with the parameter `problem` has that of `problems` in `Messages`. */
  finding: string;
  /** Why it is a rule, and what to do. */
  why: string;
  /** Recommendations of the CIS Kubernetes Benchmark. */
  cis: string[];
  /** Where what it says is written down. */
  sources: string[];
  /** Manifests on which it has a finding. */
  bad: string;
  /** The same, mended. */
  good: string;
  /** The profile of the examples, if it matters. */
  profile?: string;
}

export interface Advice {
  schema: "netpol.advice/v1";
  rules: Record<string, LintRule>;
  /** What the steps of fixes do, as templates by their codes. */
  codes: Record<string, string>;
}

// --- test ---------------------------------------------------------------------------------------

export interface TestsAnswer {
  report: TestReport;
  /** What is wrong with files of tests; suites that it concerns are not in the report. */
  problems: Diagnostic[];
}

export interface TestReport {
  schema: "netpol.test/v1";
  counts: { passed: number; failed: number; unmatched: number; error: number };
  suites: { name: string; place: Place; profile: string; tests: TestAnswer[] }[];
}

export type Expect = Verdict | { egress?: Verdict; ingress?: Verdict };

export interface DecidedBy {
  kind?: string;
  namespace?: string;
  policy: string;
  field?: string;
}

export interface TestAnswer {
  name: string;
  place: Place;
  outcome: "passed" | "failed" | "unmatched" | "error";
  question: { from: string; to: string; port: string };
  expect: Expect;
  decided_by?: DecidedBy[];
  pairs: { asked: number; failed: number; itself: number; assumed?: number };
  /** A pair that is not as expected. */
  witness?: { labels?: Record<string, string>; missing?: DecidedBy[]; answer: CheckAnswer };
  /** Why there is no pair, or no answer: a code of the `questions` of `Messages`. */
  problem?: { code: string; params: Params };
}

// --- fix ----------------------------------------------------------------------------------------

export interface FixQuestion {
  from: string;
  to: string;
  /** Not given or empty: every port of TCP, UDP and SCTP. */
  port?: string;
  wanted: "allow" | "deny";
}

export interface FixStep {
  code: string;
  params: Params;
  place?: Place;
}

export interface PolicyEdit {
  namespace: string;
  name: string;
  new: boolean;
  file?: string;
  /** Bytes of the file; none for a new policy, and where a text is not edited in place. */
  in_place?: { start: number; end: number; text: string };
  yaml: string;
}

export interface Fix {
  steps: FixStep[];
  /** What is to be known of it. */
  mind?: FixStep[];
  policies: PolicyEdit[];
  /** How much else changes; 0: nothing, none: it was not counted. */
  beside?: number;
  /** How many other pods the changed policies select. */
  others: number;
  lines: number;
  /** All that changes, what was asked for included. */
  changes?: Change[];
}

export interface FixAnswer {
  schema: "netpol.fix/v1";
  question: { from: string; to: string; port: string };
  wanted: Verdict;
  verdict: Verdict;
  done: boolean;
  fixes: Fix[];
  why?: Reason[];
  basis: Basis;
}

export interface WaysAnswer {
  fix: FixAnswer;
  /** What each of the fixes does to the files that are open, in their order. */
  edits: Edits[];
}

export interface Edits {
  /** The unified difference. */
  patch: string;
  /** The files that change, each with its new text. */
  files: [string, string][];
  /** A new file, with its text. */
  new_file?: [string, string];
}
