// The question, and its answer with the reasons.

import type { CheckAnswer, DirectionAnswer, Note, Part } from "netpol";
import { useEffect } from "preact/hooks";
import {
  advice,
  answer,
  asked,
  askFor,
  engine,
  goTo,
  messages,
  question,
  state,
  vocabulary,
  words,
} from "../store";
import { peerText, sentence, trafficText } from "../text/format";
import { Folded, PolicyLink, peerWords, ReasonLine, VerdictMark } from "./common";

/** Says in the browser's own time line when the first answer was there. */
function markOnce(name: string): void {
  if (performance.getEntriesByName(name).length === 0) {
    performance.mark(name);
  }
}

/** So many names are offered at once. */
const MOST_OFFERED = 100;
/** So many parts of an answer are shown at once. */
const MOST_PARTS = 20;

export function Ask() {
  const word = words.value;
  const { from, to, port } = question.value;
  const fixes = advice.value;
  return (
    <section class="ask" aria-label={word.ask}>
      <form class="question" aria-label={word.askLabel} onSubmit={(event) => event.preventDefault()}>
        <Field
          id="ask-from"
          label={word.from}
          value={from}
          offered={offeredPeers(from, false)}
          onInput={(text) => askFor(text, to, port)}
        />
        <button
          type="button"
          class="icon swap"
          title={word.swap}
          aria-label={word.swap}
          onClick={() => askFor(to, from, port)}
        >
          ⇄
        </button>
        <Field
          id="ask-to"
          label={word.to}
          value={to}
          offered={offeredPeers(to, true)}
          onInput={(text) => askFor(from, text, port)}
        />
        <Field
          id="ask-port"
          label={word.port}
          value={port}
          placeholder={word.portHint}
          offered={offeredPorts(port)}
          onInput={(text) => askFor(from, to, text)}
        />
      </form>
      <div class="answer" aria-live="polite" data-testid="answer">
        <Outcome />
      </div>
      {fixes !== undefined && <fixes.Fixes />}
    </section>
  );
}

interface FieldProps {
  id: string;
  label: string;
  value: string;
  placeholder?: string;
  offered: string[];
  onInput: (text: string) => void;
}

function Field({ id, label, value, placeholder, offered, onInput }: FieldProps) {
  return (
    <label class={`field ${id}`} for={id}>
      <span>{label}</span>
      <input
        id={id}
        value={value}
        placeholder={placeholder ?? ""}
        list={`${id}-offered`}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      <datalist id={`${id}-offered`}>
        {offered.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </label>
  );
}

/** The names that go on from what was typed. */
function offeredPeers(typed: string, target: boolean): string[] {
  const names = vocabulary.value;
  if (names === undefined) {
    return [];
  }
  const all = [
    ...names.workloads,
    ...(target ? names.services : []),
    "world",
    ...names.namespaces.map((name) => `${name}/*`),
    ...names.nodes,
  ];
  return matching(all, typed);
}

function offeredPorts(typed: string): string[] {
  const named = Object.entries(vocabulary.value?.port_names ?? {});
  const numbers = named.flatMap(([, numbers]) =>
    numbers.map((text) => {
      const [protocol = "", number = ""] = text.split(" ");
      return protocol === "TCP" ? number : `${number}/${protocol.toLowerCase()}`;
    }),
  );
  return matching([...new Set([...named.map(([name]) => name), ...numbers, "53/udp", "443"])], typed);
}

function matching(all: string[], typed: string): string[] {
  const wanted = typed.trim().toLowerCase();
  const found = all.filter((name) => name.toLowerCase().includes(wanted));
  return found.slice(0, MOST_OFFERED);
}

function Outcome() {
  const word = words.value;
  if (engine.failure.value !== undefined) {
    return <p class="error">{word.failed.replace("{reason}", engine.failure.value)}</p>;
  }
  const outcome = asked.value;
  if (question.value.from.trim() === "" || question.value.to.trim() === "") {
    return <p class="hint">{word.noAnswer}</p>;
  }
  if (outcome === undefined) {
    return <p class="hint">{word.loading}</p>;
  }
  if (outcome.error === undefined) {
    return <Answered answer={outcome.answer} />;
  }
  if (outcome.error.code !== "input-errors") {
    return (
      <p class="error" data-testid="question-error">
        {outcome.error.message}
      </p>
    );
  }
  const first = outcome.diagnostics?.find((one) => one.severity === "error");
  return (
    <>
      <div class="error">
        <p>{word.errorsFirst}</p>
        {first !== undefined && (
          <p>
            {first.place === null ? (
              <code>{first.file}</code>
            ) : (
              <button
                type="button"
                class="link code"
                onClick={() => first.place !== null && goTo(first.place)}
              >
                {first.file}:{first.place.line}
              </button>
            )}{" "}
            {first.message}
          </p>
        )}
      </div>
      {answer.value !== undefined && (
        <div class="stale">
          <p class="hint">{word.stale}</p>
          <Answered answer={answer.value} />
        </div>
      )}
    </>
  );
}

export function Answered({ answer }: { answer: CheckAnswer }) {
  const { verdict, parts, notes, question } = answer;
  useEffect(() => markOnce("netpol:answer"), []);
  return (
    <>
      <p class="headline">
        <VerdictMark verdict={verdict} big />{" "}
        <span class="asked">
          <code>{question.from}</code> → <code>{question.to}</code>{" "}
          {question.port === "any" ? words.value.anyPort : <code>{question.port}</code>}
        </span>
      </p>
      <ol class="parts">
        {parts.slice(0, MOST_PARTS).map((part) => (
          <PartOf
            key={JSON.stringify([part.from, part.to, part.traffic, part.families, part.relation])}
            part={part}
            answer={answer}
          />
        ))}
      </ol>
      {parts.length > MOST_PARTS && (
        <p class="hint">{words.value.more.replace("{count}", String(parts.length - MOST_PARTS))}</p>
      )}
      {notes.length > 0 && (
        <Folded title={`${words.value.notes} (${notes.length})`} open={verdict === "undefined"}>
          <Notes notes={notes} />
        </Folded>
      )}
      <BasedOn answer={answer} />
    </>
  );
}

function PartOf({ part, answer }: { part: Part; answer: CheckAnswer }) {
  const word = words.value;
  const names = peerWords();
  const alone = answer.parts.length === 1;
  const whole = alone && answer.question.to === "world" ? part.to[0]?.cidrs : undefined;
  const from = part.from.map((peer) =>
    peerText(peer, names, answer.question.from === "world" ? peer.cidrs : undefined),
  );
  const to = part.to.map((peer) =>
    peerText(peer, names, whole ?? (answer.question.to === "world" ? peer.cidrs : undefined)),
  );
  const relation = part.relation === undefined ? "" : messages.value?.phrases[part.relation];
  return (
    <li class={`part ${part.verdict}`}>
      {!alone && (
        <p class="what">
          <VerdictMark verdict={part.verdict} /> <b>{trafficText(part.traffic, word.anyPort)}</b>{" "}
          <span class="ends">
            {some(from)} → {some(to)}
          </span>{" "}
          {relation && <span class="tag">{relation}</span>}
          {part.families?.map((family) => (
            <span class="tag" key={family}>
              {family}
            </span>
          ))}
        </p>
      )}
      {part.via !== undefined && (
        <p class="via">
          {word.via} <code>{peerText(part.via.service, names)}</code>:{" "}
          {trafficText(part.traffic, word.anyPort)}
        </p>
      )}
      <DirectionOf title={`${word.egress} ${some(from)}`} direction={part.egress} />
      <DirectionOf title={`${word.ingress} ${some(to)}`} direction={part.ingress} />
    </li>
  );
}

const some = (names: string[]): string =>
  names.length <= 4
    ? names.join(", ")
    : `${names.slice(0, 3).join(", ")} ${words.value.more.replace("{count}", String(names.length - 3))}`;

function DirectionOf({ title, direction }: { title: string; direction: DirectionAnswer }) {
  const word = words.value;
  return (
    <div class="direction">
      <p>
        <VerdictMark verdict={direction.verdict} /> {title}
        {direction.isolated_by.length > 0 && (
          <span class="isolated">
            {" · "}
            {word.isolatedBy}{" "}
            {direction.isolated_by.slice(0, 4).map((policy, i) => (
              <span key={`${policy.namespace}/${policy.name}`}>
                {i > 0 && ", "}
                <PolicyLink policy={policy} />
              </span>
            ))}
            {direction.isolated_by.length > 4 &&
              ` ${word.more.replace("{count}", String(direction.isolated_by.length - 4))}`}
          </span>
        )}
      </p>
      <ul>
        {direction.reasons.map((reason) => (
          <ReasonLine key={JSON.stringify(reason)} reason={reason} />
        ))}
        {direction.near_misses?.map((reason) => (
          <ReasonLine key={JSON.stringify(reason)} reason={reason} near />
        ))}
      </ul>
    </div>
  );
}

export function Notes({ notes }: { notes: readonly Note[] }) {
  return (
    <>
      {notes.map((note) => (
        <p class="note" key={JSON.stringify(note)}>
          <span class="tag">{words.value.note}</span> {sentence(messages.value, note.code, note.params)}
        </p>
      ))}
    </>
  );
}

function BasedOn({ answer: { basis } }: { answer: CheckAnswer }) {
  const word = words.value;
  const objects = Object.entries(basis.objects).map(([kind, count]) => `${count} ${kind}`);
  const passedOver = Object.entries(basis.passed_over ?? {}).map(([kind, count]) => `${count} ${kind}`);
  const phrase = (code: string): string => messages.value?.phrases[code] ?? code;
  const switchedOff = state.value?.policies.filter((policy) => !policy.on) ?? [];
  return (
    <Folded title={`${word.basedOn} ${objects.join(", ")}`}>
      <ul>
        <li>
          {word.profile}: {basis.profile}
        </li>
        {passedOver.length > 0 && (
          <li>
            {phrase("passed-over")}: {passedOver.join(", ")}
          </li>
        )}
        {basis.left_out.length > 0 && (
          <li>
            {phrase("left-out")}: {basis.left_out.join(", ")}
          </li>
        )}
        {basis.ignored_kinds !== undefined && (
          <li>
            {phrase("ignored")}: {basis.ignored_kinds.join(", ")}
          </li>
        )}
        {switchedOff.length > 0 && (
          <li>
            {word.policyOff}: {switchedOff.map((policy) => `${policy.namespace}/${policy.name}`).join(", ")}
          </li>
        )}
        {basis.assumptions.map((note) => (
          <li key={note.code}>
            {word.assumed}: {sentence(messages.value, note.code, note.params)}
          </li>
        ))}
      </ul>
    </Folded>
  );
}
