// The connectivity tests of the files that are open.

import type { DecidedBy, Expect, TestAnswer, TestReport } from "netpol/authoring";
import { asked, askFor, files, messages, notice, rewrite } from "../store";
import { fill } from "../text/format";
import { Answered } from "../views/Ask";
import { Folded } from "../views/common";
import { tested, testFailure } from "./engine";
import { broken, Failure, PlaceLink, ProblemLine, Waiting } from "./parts";
import { said, words } from "./words";
import { type Expected, withTest } from "./write";

const SIGNS: Readonly<Record<TestAnswer["outcome"], string>> = {
  passed: "✓",
  failed: "✕",
  unmatched: "?",
  error: "!",
};

export function Tests() {
  const word = words.value;
  const expected = expectable();
  const found = tested.value?.answer;
  const failure = broken() ?? testFailure.value;
  return (
    <div class="view tests-view">
      <p class="hint">{word.testsHint}</p>
      <div class="filters">
        <button
          type="button"
          disabled={expected === undefined}
          title={expected === undefined ? word.writeFirst : ""}
          onClick={() => expected !== undefined && write(expected)}
        >
          {word.write}
        </button>
        {found !== undefined && <Counts report={found.report} />}
      </div>
      {found === undefined ? (
        <Waiting failed={failure} />
      ) : (
        <>
          {failure !== undefined && <Failure failed={failure} instead={word.stale} />}
          {found.problems.map((one) => (
            <ProblemLine key={JSON.stringify(one)} problem={one} />
          ))}
          {found.report.suites.length + found.problems.length === 0 && <p class="hint">{word.noTests}</p>}
          {found.report.suites.map((suite) => (
            <section key={JSON.stringify(suite.place)} aria-label={suite.name}>
              <h3>
                {suite.name} <PlaceLink place={suite.place} /> <span class="tag">{suite.profile}</span>
              </h3>
              <ul class="test-list">
                {suite.tests.map((test) => (
                  <TestOf key={JSON.stringify([test.place, test.outcome])} test={test} />
                ))}
              </ul>
            </section>
          ))}
        </>
      )}
    </div>
  );
}

function Counts({ report }: { report: TestReport }) {
  const { counts } = report;
  const none = counts.passed + counts.failed + counts.unmatched + counts.error === 0;
  return (
    <b role="status" data-testid="test-counts">
      {none ? "" : said(words.value.testCounts, counts)}
    </b>
  );
}

function TestOf({ test }: { test: TestAnswer }) {
  const word = words.value;
  const { outcome, question, pairs, witness, problem } = test;
  const name = { ...word, error: word.testError }[outcome];
  const template = problem === undefined ? undefined : messages.value?.questions[problem.code];
  return (
    <li class={`test ${outcome}`}>
      <p>
        <span class={`outcome ${outcome}`}>
          <span aria-hidden="true">{SIGNS[outcome]}</span> {name}
        </span>{" "}
        <b>{test.name}</b> <PlaceLink place={test.place} />
      </p>
      <p class="hint">
        <code>{question.from}</code> → <code>{question.to}</code> <code>{question.port}</code> ·{" "}
        {word.expected}: {expectText(test.expect)} ·{" "}
        {said(word.pairs, { asked: pairs.asked, failed: pairs.failed })}
      </p>
      {problem !== undefined && <p class="error">{fill(template ?? problem.code, problem.params)}</p>}
      {witness !== undefined && (
        <Folded title={`${word.witness}: ${witness.answer.question.from} → ${witness.answer.question.to}`}>
          <div class="witness">
            {witness.labels !== undefined && <p>{labelsText(witness.labels)}</p>}
            {witness.missing?.map((one) => (
              <p key={JSON.stringify(one)}>{said(word.missing, { policy: decidedText(one) })}</p>
            ))}
            {witness.labels === undefined && (
              <button
                type="button"
                onClick={() => {
                  const { from, to, port } = witness.answer.question;
                  askFor(from, to, port === "any" ? "" : port);
                }}
              >
                {word.askIt}
              </button>
            )}
            <Answered answer={witness.answer} />
          </div>
        </Folded>
      )}
    </li>
  );
}

function expectText(expect: Expect): string {
  return typeof expect === "string"
    ? expect
    : Object.entries(expect)
        .map(([direction, verdict]) => `${direction} ${verdict}`)
        .join(", ");
}

function labelsText(labels: Record<string, string>): string {
  const all = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const word = words.value;
  return all.length === 0 ? word.breakingWithout : said(word.breakingLabels, { labels: all.join(", ") });
}

const decidedText = ({ kind, namespace, policy, field }: DecidedBy): string =>
  [kind, namespace === undefined ? policy : `${namespace}/${policy}`, field].filter(Boolean).join(" ");

/** The question that was answered, with its verdict, where it has one for all of its parts. */
function expectable(): Expected | undefined {
  const answer = asked.value?.answer;
  if (answer === undefined || answer.verdict === "mixed") {
    return undefined;
  }
  const { from, to, port } = answer.question;
  return { from, to, port: port === "any" ? "" : port, expect: answer.verdict };
}

function write(expected: Expected): void {
  const { file, isNew } = withTest(files.peek(), expected);
  const name = rewrite(isNew ? [] : [[file.name, file.text]], isNew ? [file.name, file.text] : undefined);
  notice.value = { text: said(words.peek().written, { file: name ?? file.name }) };
}
