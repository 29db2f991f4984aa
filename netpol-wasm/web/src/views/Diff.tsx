// What opened and closed since the baseline.

import type { Change, Decision, DiffAnswer, Traffic } from "netpol";
import { askFor, baseline, followLate, setBaseline, state, tab, words } from "../store";
import { isNothing, peerText, trafficText } from "../text/format";
import { Notes } from "./Ask";
import { peerWords, ReasonLine, VerdictMark } from "./common";
import { Unanswered } from "./parts";

const MOST_SHOWN = 200;

const diff = followLate("diff", "diff", () =>
  tab.value === "diff" && baseline.value !== null ? null : undefined,
);

export function Diff() {
  const word = words.value;
  const set = baseline.value !== null;
  return (
    <div class="view diff-view">
      <div class="filters">
        <button type="button" disabled={state.value?.usable !== true} onClick={() => setBaseline(true)}>
          {set ? word.newBaseline : word.setBaseline}
        </button>
        {set && (
          <button type="button" onClick={() => setBaseline(false)}>
            {word.clearBaseline}
          </button>
        )}
      </div>
      {set ? <Changes /> : <p class="hint">{word.noBaseline}</p>}
    </div>
  );
}

function Changes() {
  const outcome = diff.outcome.value;
  const word = words.value;
  if (outcome?.answer === undefined) {
    return <Unanswered outcome={outcome} />;
  }
  const { same, changes, added, removed, notes }: DiffAnswer = outcome.answer;
  const names = peerWords();
  return (
    <>
      {same && <p data-testid="diff-same">{word.same}</p>}
      {notes !== undefined && <Notes notes={notes} />}
      {added.length > 0 && (
        <p>
          {word.added}: {added.map((peer) => peerText(peer, names)).join(", ")}
        </p>
      )}
      {removed.length > 0 && (
        <p>
          {word.removed}: {removed.map((peer) => peerText(peer, names)).join(", ")}
        </p>
      )}
      <ul class="changes">
        {changes.slice(0, MOST_SHOWN).map((change) => (
          <ChangeOf key={JSON.stringify({ ...change, witness: undefined })} change={change} />
        ))}
      </ul>
      {changes.length > MOST_SHOWN && (
        <p class="hint">{word.more.replace("{count}", String(changes.length - MOST_SHOWN))}</p>
      )}
    </>
  );
}

export function ChangeOf({ change }: { change: Change }) {
  const word = words.value;
  const names = peerWords();
  const witness = change.witness;
  return (
    <li class="change">
      <p class="ends">
        {peerText(change.from, names)} → {peerText(change.to, names)}
        {change.behind !== undefined &&
          ` (${word.answeredBy} ${change.behind.map((peer) => peerText(peer, names)).join(", ")})`}
      </p>
      <Moved kind="opened" sign="+" text={word.opened} traffic={change.opened} />
      <Moved kind="closed" sign="−" text={word.closedSince} traffic={change.closed} />
      <Moved kind="undecided" sign="?" text={word.undecided} traffic={change.undecided} />
      <Moved kind="undecided" sign="·" text={word.undefinedBefore} traffic={change.undefined_before} />
      <Moved kind="undecided" sign="·" text={word.undefinedNow} traffic={change.undefined_now} />
      {witness !== undefined && (
        <details class="folded">
          <summary>
            {word.witness}{" "}
            <code>{`${witness.from} → ${witness.to} ${witness.port}/${witness.protocol.toLowerCase()}`}</code>
            {witness.behind !== undefined && ` (${word.answeredBy} ${witness.behind})`}
          </summary>
          <button
            type="button"
            onClick={() =>
              askFor(witness.from, witness.to, `${witness.port}/${witness.protocol.toLowerCase()}`)
            }
          >
            {word.ask}
          </button>
          <DecisionOf title={word.before} decision={witness.before} />
          <DecisionOf title={word.after} decision={witness.after} />
        </details>
      )}
    </li>
  );
}

function Moved({
  kind,
  sign,
  text,
  traffic,
}: {
  kind: string;
  sign: string;
  text: string;
  traffic: Traffic | undefined;
}) {
  if (traffic === undefined || isNothing(traffic)) {
    return null;
  }
  return (
    <p class={`moved ${kind}`}>
      <span aria-hidden="true">{sign}</span> {text}: <b>{trafficText(traffic, words.value.anyPort)}</b>
    </p>
  );
}

function DecisionOf({ title, decision }: { title: string; decision: Decision | undefined }) {
  if (decision === undefined) {
    return null;
  }
  const reasons = [decision.egress, decision.ingress].flatMap((direction) => direction.reasons);
  return (
    <div class="decision">
      <p>
        {title}: <VerdictMark verdict={decision.verdict} />
      </p>
      <ul>
        {reasons.map((reason) => (
          <ReasonLine key={JSON.stringify(reason)} reason={reason} />
        ))}
      </ul>
    </div>
  );
}
