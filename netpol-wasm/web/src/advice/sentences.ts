// The words of the part for authors in both languages. Sentences about findings, tests and fixes are the
// engine's.

import type { Messages } from "netpol";
import type { Advice, LintFinding } from "netpol/authoring";
import { fill } from "../text/format";

const en = {
  lintHint: "What is likely not meant, found by what the policies do in the cluster that is open.",
  lintCounts: "errors: {error}, warnings: {warning}, notes: {note}",
  noFindings: "No findings.",
  errorsOnly: "Errors",
  warningsToo: "Errors and warnings",
  all: "All",
  show: "Show",
  error: "Error",
  warning: "Warning",
  notice: "Note",
  withoutFile: "Without a file",
  why: "Why, and what to do",
  explain: "Explain",
  bad: "It fires on",
  good: "It does not on",
  underProfile: "under the profile {profile}",
  sources: "Sources",
  cis: "CIS Kubernetes Benchmark {number}",
  seeAlso: "see also",
  ignored: "Known, and ignored ({count})",
  until: "until {day}",
  stale: "The files have errors; this is of before they came in.",
  line: "{file}, line {line}",
  testsHint:
    "Connectivity tests are files of kind ConnectivityTest: what is allowed and what is not. They run with every change.",
  noTests: "No file that is open holds a ConnectivityTest.",
  write: "Write a test of the question above",
  writeFirst: "A question with one verdict for all of its parts can become a test.",
  written: "The test is in {file}. Ctrl+Z there takes it back.",
  testCounts: "passed: {passed}, failed: {failed}, unmatched: {unmatched}, with errors: {error}",
  expected: "expected",
  pairs: "pairs: {asked}, not as expected: {failed}",
  breakingLabels: "a pod with these labels breaks it: {labels}",
  breakingWithout: "a pod without any label that policies look at breaks it",
  missing: "not among the reasons that decide: {policy}",
  passed: "passed",
  failed: "failed",
  unmatched: "unmatched",
  testError: "error",
  askIt: "Ask",
  witness: "A pair that is not as expected",
  howAllow: "How to allow it",
  howDeny: "How to deny it",
  hideFixes: "Hide the fixes",
  fixesTitle: "Fixes",
  fixing: "Looking for fixes …",
  fix: "Fix {number}",
  apply: "Apply",
  applyFix: "Apply fix {number}: {steps}",
  applied: "Applied: {steps}. Ctrl+Z in the editor takes it back.",
  patch: "The change",
  alsoChanges: "All that changes",
  done: "It is so already.",
  noFix: "No change of NetworkPolicies does it; what stands against it:",
  nothingElse: "nothing else changes",
  moreChanges: "more changes than what was asked for",
  notCompared: "what else changes was not compared: there is too much of it",
  others: "what is changed holds for {count} other pods too",
  notInPlace: "{policy} cannot be edited in place; replace it by this:",
} as const;

export type AdviceWords = { readonly [K in keyof typeof en]: string };

const zh: AdviceWords = {
  lintHint: "根据策略在当前集群中的实际作用，找出很可能并非本意之处。",
  lintCounts: "错误：{error}，警告：{warning}，提示：{note}",
  noFindings: "没有发现。",
  errorsOnly: "错误",
  warningsToo: "错误和警告",
  all: "全部",
  show: "显示",
  error: "错误",
  warning: "警告",
  notice: "提示",
  withoutFile: "没有文件",
  why: "原因与做法",
  explain: "解释",
  bad: "以下会触发",
  good: "以下不会触发",
  underProfile: "在配置 {profile} 下",
  sources: "出处",
  cis: "CIS Kubernetes Benchmark {number}",
  seeAlso: "另见",
  ignored: "已知并忽略（{count}）",
  until: "至 {day}",
  stale: "文件有错误；这是出错之前的结果。",
  line: "{file} 第 {line} 行",
  testsHint: "连通性测试是 ConnectivityTest 类型的文件，写明允许什么、不允许什么。每次改动后都会运行。",
  noTests: "打开的文件中没有 ConnectivityTest。",
  write: "把上面的问题写成测试",
  writeFirst: "各部分判定一致的问题才能写成测试。",
  written: "测试已写入 {file}。在该处按 Ctrl+Z 可撤回。",
  testCounts: "通过：{passed}，失败：{failed}，无匹配：{unmatched}，出错：{error}",
  expected: "预期",
  pairs: "共 {asked} 对，不符预期 {failed} 对",
  breakingLabels: "带有这些标签的 Pod 会违反它：{labels}",
  breakingWithout: "不带任何策略所看标签的 Pod 会违反它",
  missing: "不在起决定作用的原因之中：{policy}",
  passed: "通过",
  failed: "失败",
  unmatched: "无匹配",
  testError: "错误",
  askIt: "提问",
  witness: "不符预期的一对",
  howAllow: "如何允许",
  howDeny: "如何拒绝",
  hideFixes: "隐藏改法",
  fixesTitle: "改法",
  fixing: "正在寻找改法……",
  fix: "改法 {number}",
  apply: "应用",
  applyFix: "应用改法 {number}：{steps}",
  applied: "已应用：{steps}。在编辑器中按 Ctrl+Z 可撤回。",
  patch: "改动",
  alsoChanges: "全部变化",
  done: "已经如此。",
  noFix: "改动 NetworkPolicy 做不到；原因：",
  nothingElse: "其他连接都不变",
  moreChanges: "除所要求的外还有变化",
  notCompared: "其他变化太多，没有比较",
  others: "改动之处也适用于另外 {count} 个 Pod",
  notInPlace: "{policy} 无法就地编辑；请替换为以下内容：",
};

export const ADVICE_WORDS = { en, zh } as const;

/** A sentence with values. */
export const said = (template: string, values: Record<string, string | number>): string =>
  template.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));

/** The sentence of a finding; what reading found has one of its own. */
export function findingText(
  finding: Pick<LintFinding, "rule" | "params">,
  rules: Pick<Advice, "rules"> | undefined,
  messages: Pick<Messages, "problems"> | undefined,
): string {
  const problem = finding.params?.problem;
  const template = problem === undefined ? rules?.rules[finding.rule]?.finding : messages?.problems[problem];
  return fill(template ?? finding.rule, finding.params);
}
