// What is likely not meant, by file.

import { useSignal } from "@preact/signals";
import type { LintFinding, LintRemark, LintRule, Severity } from "netpol/authoring";
import { useEffect, useRef } from "preact/hooks";
import { messages } from "../store";
import { policyText } from "../text/format";
import { Folded } from "../views/common";
import { linted, lintFailure, rules } from "./engine";
import { counting, explained, findingKey } from "./findings";
import { broken, Failure, PlaceLink, Waiting } from "./parts";
import { findingText } from "./sentences";
import { said, words } from "./words";

const SIGNS: Readonly<Record<Severity, string>> = { error: "✕", warning: "⚠", note: "i" };
const ORDER: readonly Severity[] = ["error", "warning", "note"];
/** So many findings are shown at once. */
const MOST_SHOWN = 300;

export function Lint() {
  const word = words.value;
  const least = useSignal<Severity>("note");
  const answer = linted.value?.answer;
  useEffect(() => {
    if (explained.value !== undefined) {
      least.value = "note";
    }
  }, [explained.value]);
  const failure = broken() ?? lintFailure.value;
  if (answer === undefined) {
    return <Waiting failed={failure} />;
  }
  const all = counting(answer.findings);
  const shown = all.filter(({ severity }) => ORDER.indexOf(severity) <= ORDER.indexOf(least.value));
  const ignored = answer.findings.filter((finding) => finding.ignored !== undefined);
  const { error, warning, note } = answer.counts;
  return (
    <div class="view lint-view">
      <p class="hint">{word.lintHint}</p>
      {failure !== undefined && <Failure failed={failure} instead={word.stale} />}
      <div class="filters">
        <b role="status" data-testid="lint-counts">
          {all.length === 0 ? word.noFindings : said(word.lintCounts, { error, warning, note })}
        </b>
        <label>
          {word.show}{" "}
          <select
            value={least.value}
            onChange={(event) => (least.value = event.currentTarget.value as Severity)}
          >
            <option value="error">{word.errorsOnly}</option>
            <option value="warning">{word.warningsToo}</option>
            <option value="note">{word.all}</option>
          </select>
        </label>
      </div>
      {byFile(shown.slice(0, MOST_SHOWN)).map(([file, findings]) => (
        <section key={file} aria-label={file || word.withoutFile}>
          <h3>{file || word.withoutFile}</h3>
          <ul class="lint-list">
            {findings.map((finding) => (
              <FindingOf key={findingKey(finding)} finding={finding} />
            ))}
          </ul>
        </section>
      ))}
      {shown.length > MOST_SHOWN && <p class="hint">(+{shown.length - MOST_SHOWN})</p>}
      {ignored.length > 0 && (
        <Folded title={said(word.ignored, { count: ignored.length })}>
          <ul class="lint-list">
            {ignored.map((finding) => (
              <FindingOf key={findingKey(finding)} finding={finding} />
            ))}
          </ul>
        </Folded>
      )}
    </div>
  );
}

/** Within a file, what matters most comes first. */
function byFile(findings: readonly LintFinding[]): [string, LintFinding[]][] {
  const files = new Map<string, LintFinding[]>();
  for (const severity of ORDER) {
    for (const finding of findings.filter((one) => one.severity === severity)) {
      const file = finding.place?.file ?? "";
      files.set(file, [...(files.get(file) ?? []), finding]);
    }
  }
  // Those that are about no file come last.
  return [...files].sort(([a], [b]) => (a === "" ? 1 : b === "" || a < b ? -1 : 1));
}

function FindingOf({ finding }: { finding: LintFinding }) {
  const word = words.value;
  const { rule, severity, place, policy, field, related = [], ignored, regraded } = finding;
  const known = rules.value?.rules[rule];
  const item = useRef<HTMLLIElement>(null);
  const target = explained.value;
  const key = findingKey(finding);
  useEffect(() => {
    if (target?.key === key && item.current !== null) {
      explained.value = undefined;
      const details = item.current.querySelector("details");
      if (details !== null) {
        details.open = true;
      }
      item.current.scrollIntoView({ block: "nearest" });
      item.current.querySelector("summary")?.focus();
    }
  }, [target, key]);
  return (
    <li class={`lint-finding ${severity}`} ref={item}>
      <p>
        <span class={`severity ${severity}`}>
          <span aria-hidden="true">{SIGNS[severity]}</span> {{ ...word, note: word.notice }[severity]}
        </span>{" "}
        <code class="tag">{rule}</code>
        {findingText(finding, rules.value, messages.value)}{" "}
        {place !== undefined && <PlaceLink place={place} />}
      </p>
      {policy !== undefined && (
        <p class="hint">
          <code>
            {policyText(policy)} {field}
          </code>
        </p>
      )}
      {related.map((origin) => (
        <p class="hint" key={JSON.stringify(origin)}>
          {word.seeAlso}: <code>{`${policyText(origin.policy)} ${origin.field}`}</code>{" "}
          {origin.place !== undefined && <PlaceLink place={origin.place} />}
        </p>
      ))}
      <RemarkOf label={word.ignoredBecause} remark={ignored} />
      <RemarkOf label={word.regradedBecause} remark={regraded} />
      {known !== undefined && (
        <Folded title={word.why}>
          <Explanation rule={known} />
        </Folded>
      )}
    </li>
  );
}

/** What somebody has said about a finding, and where. */
function RemarkOf({ label, remark }: { label: string; remark: LintRemark | undefined }) {
  if (remark === undefined) {
    return null;
  }
  const until = remark.until === undefined ? "" : ` (${said(words.value.until, { day: remark.until })})`;
  return (
    <p>
      {label}: {remark.reason}
      {until} <PlaceLink place={remark.place} />
    </p>
  );
}

function Explanation({ rule }: { rule: LintRule }) {
  const word = words.value;
  const under = rule.profile === undefined ? "" : ` (${said(word.underProfile, { profile: rule.profile })})`;
  return (
    <div class="explanation">
      <p>
        <b>{rule.title}</b>
      </p>
      <p>{rule.why}</p>
      <div class="examples">
        <figure>
          <figcaption>
            <span aria-hidden="true">✕</span> {word.bad}
            {under}
          </figcaption>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
          <pre tabIndex={0}>{rule.bad}</pre>
        </figure>
        <figure>
          <figcaption>
            <span aria-hidden="true">✓</span> {word.good}
            {under}
          </figcaption>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
          <pre tabIndex={0}>{rule.good}</pre>
        </figure>
      </div>
      {rule.cis.map((number) => (
        <p class="hint" key={number}>
          {said(word.cis, { number })}
        </p>
      ))}
      {rule.sources.length > 0 && (
        <p class="hint">
          {word.sources}:{" "}
          {rule.sources.map((address) => (
            <a key={address} href={address} target="_blank" rel="noopener noreferrer">
              {address}
            </a>
          ))}
        </p>
      )}
    </div>
  );
}
