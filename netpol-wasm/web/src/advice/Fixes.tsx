// Below the answer: what to change so that the connection is as it is wanted.

import type { Change } from "netpol";
import type { Edits, Fix, FixQuestion, FixStep, WaysAnswer } from "netpol/authoring";
import { useEffect } from "preact/hooks";
import { asked, files, notice, question, rewrite } from "../store";
import { fill } from "../text/format";
import { Folded, ReasonLine } from "../views/common";
import { ChangeOf } from "../views/Diff";
import { fixing, type Of, rules, ways } from "./engine";
import { broken, Failure } from "./parts";
import { said, words } from "./words";

/** So many changes of connections are shown. */
const MOST_SHOWN = 50;

export function Fixes() {
  const word = words.value;
  const found = asked.value?.answer;
  const now = fixing.value;
  useEffect(() => {
    // Another question: nothing more is asked about the one before.
    if (now !== undefined && !isAsked(now)) {
      fixing.value = undefined;
    }
  });
  if (found === undefined) {
    return null;
  }
  const wanted = found.verdict === "allow" ? "deny" : "allow";
  const open = now !== undefined && isAsked(now) && now.wanted === wanted;
  return (
    <section class="fixes" aria-label={word.fixesTitle}>
      <button
        type="button"
        aria-expanded={open}
        data-testid="fixes"
        onClick={() => {
          fixing.value = open ? undefined : { ...question.peek(), wanted };
        }}
      >
        {open ? word.hideFixes : wanted === "allow" ? word.howAllow : word.howDeny}
      </button>
      {open && (
        <div class="ways" aria-live="polite">
          <Found />
        </div>
      )}
    </section>
  );
}

/** Whether the question of the fixes is that of the page. */
function isAsked(fixing: FixQuestion): boolean {
  const { from, to, port } = question.value;
  return fixing.from === from && fixing.to === to && fixing.port === port;
}

function Found() {
  const word = words.value;
  const found = ways.value;
  const failure = broken();
  if (failure !== undefined) {
    return <Failure failed={failure} />;
  }
  if (found === undefined || found.of !== fixing.value) {
    return <p class="hint">{word.fixing}</p>;
  }
  return "failure" in found ? <Failure failed={found.failure} /> : <Ways found={found.found} />;
}

function Ways({ found: { answer, files: then } }: { found: Of<WaysAnswer> }) {
  const { fix, edits } = answer;
  const word = words.value;
  if (fix.done) {
    return <p>{word.done}</p>;
  }
  if (fix.fixes.length === 0) {
    return (
      <>
        <p>{word.noFix}</p>
        <ul>
          {fix.why?.map((reason) => (
            <ReasonLine key={JSON.stringify(reason)} reason={reason} />
          ))}
        </ul>
      </>
    );
  }
  return (
    <ol class="fix-list">
      {fix.fixes.map((one, at) => {
        const edit = edits[at];
        return edit === undefined ? null : (
          <WayOf
            key={edit.patch}
            fix={one}
            edits={edit}
            number={at + 1}
            // What was typed since is not to be overwritten.
            stale={then !== files.value}
          />
        );
      })}
    </ol>
  );
}

const sentences = (steps: FixStep[]): string[] =>
  steps.map(({ code, params }) => fill(rules.value?.codes[code] ?? code, params));

function besideOf(fix: Fix): string {
  const word = words.value;
  const beside =
    fix.beside === undefined ? word.notCompared : fix.beside === 0 ? word.nothingElse : word.moreChanges;
  return fix.others === 0 ? beside : `${beside}; ${said(word.others, { count: fix.others })}`;
}

/** Whether nothing but ICMP changes, which nobody asks for port by port. */
const isIcmp = ({ opened, closed, undecided }: Change): boolean =>
  Object.keys({ ...opened, ...closed, ...undecided }).every((protocol) => protocol === "ICMP");

function WayOf({ fix, edits, number, stale }: { fix: Fix; edits: Edits; number: number; stale: boolean }) {
  const word = words.value;
  const steps = sentences(fix.steps);
  const whole = fix.policies.filter((policy) => !policy.new && policy.in_place === undefined);
  const all = fix.changes ?? [];
  const changes = [...all.filter((change) => !isIcmp(change)), ...all.filter(isIcmp)];
  return (
    <li class="way">
      {steps.map((step) => (
        <p key={step}>
          <b>{step}</b>
        </p>
      ))}
      <p class={fix.beside === 0 ? "beside nothing" : "beside"}>{besideOf(fix)}</p>
      {sentences(fix.mind ?? []).map((mind) => (
        <p key={mind} class="beside">
          {mind}
        </p>
      ))}
      {whole.length === 0 && (
        <button
          type="button"
          disabled={stale}
          aria-label={said(word.applyFix, { number, steps: steps.join("; ") })}
          onClick={() => apply(edits, steps)}
        >
          {word.apply}
        </button>
      )}
      <Folded title={word.patch} open={number === 1}>
        {edits.patch !== "" && <Patch text={edits.patch} />}
        {whole.map((policy) => (
          <div key={policy.yaml}>
            <p>{said(word.notInPlace, { policy: `${policy.namespace}/${policy.name}` })}</p>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
            <pre tabIndex={0}>{policy.yaml}</pre>
          </div>
        ))}
      </Folded>
      {changes.length > 0 && (
        <Folded title={`${word.alsoChanges} (${changes.length})`}>
          <ul class="changes">
            {changes.slice(0, MOST_SHOWN).map((change) => (
              <ChangeOf key={JSON.stringify({ ...change, witness: undefined })} change={change} />
            ))}
          </ul>
          {changes.length > MOST_SHOWN && <p class="hint">(+{changes.length - MOST_SHOWN})</p>}
        </Folded>
      )}
    </li>
  );
}

/** A unified difference; its signs say what its colours do. */
function Patch({ text }: { text: string }) {
  const kind = (line: string): string => ({ "+": "added", "-": "taken" })[line[0] ?? ""] ?? "";
  const lines = text.replace(/\n$/, "").split("\n");
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
    <pre class="patch" tabIndex={0}>
      {lines.map((line, at) => (
        <span key={at} class={kind(line)}>
          {line}
          {"\n"}
        </span>
      ))}
    </pre>
  );
}

function apply({ files: changed, new_file }: Edits, steps: string[]): void {
  fixing.value = undefined;
  rewrite(changed, new_file);
  notice.value = { text: said(words.peek().applied, { steps: steps.join("; ") }) };
}
