// What the page and its worker say to each other.

import type {
  CheckAnswer,
  CheckQuestion,
  DiffAnswer,
  EgressAnswer,
  EgressQuestion,
  GraphAnswer,
  GraphQuestion,
  IngressAnswer,
  IngressQuestion,
  MatrixAnswer,
  MatrixQuestion,
  Messages,
  Options,
  Outcome,
  PathsAnswer,
  PathsQuestion,
  State,
  SummaryAnswer,
  Vocabulary,
} from "netpol";
import type {
  Advice,
  FixQuestion,
  LintAnswer,
  LintQuestion,
  TestsAnswer,
  WaysAnswer,
} from "netpol/authoring";

/** The questions, with what they are asked with and what they are answered with. */
export interface Questions {
  state: [null, State];
  check: [CheckQuestion, CheckAnswer];
  matrix: [MatrixQuestion, MatrixAnswer];
  egress: [EgressQuestion, EgressAnswer];
  graph: [GraphQuestion, GraphAnswer];
  paths: [PathsQuestion, PathsAnswer];
  vocabulary: [null, Vocabulary];
  messages: [null, Messages];
}

/** The questions of the second module. */
export interface AdviceQuestions {
  ingress: [IngressQuestion, IngressAnswer];
  summary: [null, SummaryAnswer];
  diff: [null, DiffAnswer];
  lint: [LintQuestion, LintAnswer];
  test: [null, TestsAnswer];
  fix: [FixQuestion, WaysAnswer];
  advice: [null, Advice];
}

/** What is asked of either: methods with their questions and answers. */
export type Asks<Q> = { [M in keyof Q]: [unknown, unknown] };

export type Method = keyof Questions;
export type Answer<M extends Method> = Outcome<Questions[M][1]>;

/** A file of the workspace. */
export interface SourceFile {
  name: string;
  text: string;
}

/** A policy by its name; without a kind, a NetworkPolicy. */
export interface PolicyName {
  kind?: string;
  namespace: string;
  name: string;
}

/** What tells a policy from all others. */
export const policyKey = (policy: PolicyName): string =>
  `${policy.kind ?? "NetworkPolicy"}/${policy.namespace}/${policy.name}`;

/** A state of the workspace that others are compared with. */
export interface Baseline {
  files: SourceFile[];
  off: PolicyName[];
}

/** A change of the workspace. */
export type Change =
  | { type: "put"; file: SourceFile }
  | { type: "close"; name: string }
  | { type: "replace"; files: SourceFile[]; off: PolicyName[] }
  | { type: "switch"; policy: PolicyName; on: boolean }
  | { type: "configure"; options: Options }
  | { type: "baseline"; baseline: Baseline | null };

/** A method with its question. */
export type Ask<Q extends Asks<Q>> = { [M in keyof Q]: { method: M; question: Q[M][0] } }[keyof Q];

/** Changes to make, then a question about what they come to. */
export interface Request {
  id: number;
  changes: Change[];
  ask?: Ask<Questions> | Ask<AdviceQuestions>;
}

export interface Response {
  id: number;
  /** The outcome of the question. */
  outcome?: Outcome<unknown>;
  /** What the engine has refused among the options, if it has; they are then as before. */
  refused?: string;
  /** How long the worker was busy, in milliseconds. */
  took: number;
  /** How much memory the module has, in bytes. */
  memory: number;
  /** The module has failed: the worker is of no more use. */
  broken?: string;
}

/** The worker's first word: the module is loaded, or why it is not. */
export type Ready = { ready: true } | { ready: false; reason: string };
