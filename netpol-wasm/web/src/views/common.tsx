// What several views are made of.

import type { Place, PolicyRef, Reason, Verdict } from "netpol";
import type { ComponentChildren } from "preact";
import { goTo, messages, state, words } from "../store";
import { type PeerWords, placeText, policyText, sentence } from "../text/format";

const SIGNS: Readonly<Record<Verdict, string>> = { allow: "✓", deny: "✕", undefined: "?", mixed: "◐" };

/** A verdict: sign, word and colour say the same. */
export function VerdictMark({ verdict, big = false }: { verdict: Verdict; big?: boolean }) {
  return (
    <span class={`verdict ${verdict}${big ? " big" : ""}`}>
      <span aria-hidden="true">{SIGNS[verdict]}</span> {words.value[verdict]}
    </span>
  );
}

/** The words for peers. */
export const peerWords = (): PeerWords => {
  const { world, outside, nodes, more } = words.value;
  return { world, outside, nodes, more };
};

/** The policy's name as a link to its first line. */
export function PolicyLink({ policy }: { policy: PolicyRef }) {
  const found = state.value?.policies.find((p) => p.namespace === policy.namespace && p.name === policy.name);
  if (found === undefined || policy.kind !== "NetworkPolicy") {
    return <code>{policyText(policy)}</code>;
  }
  // Only the line is known.
  const place = { file: found.file, line: found.line, column: 1, start: -1, end: -1 };
  return (
    <button type="button" class="link code" onClick={() => goTo(place)}>
      {policyText(policy)}
    </button>
  );
}

/** Why: the sentence, and the deciding place to go to. */
export function ReasonLine({ reason, near = false }: { reason: Reason; near?: boolean }) {
  const origin = reason.origin;
  const word = words.value;
  return (
    <li class={near ? "reason near" : "reason"}>
      {near && <span class="tag">{word.nearest}</span>}
      <span>{sentence(messages.value, reason.code, reason.params)}</span>
      {origin !== undefined && (
        <span class="origin">
          <code>{policyText(origin.policy)}</code> <Jump place={origin.place} text={origin.field} />
          {origin.port !== undefined && (
            <>
              {" · "}
              <Jump place={origin.port.place} text={origin.port.field} />
            </>
          )}
        </span>
      )}
    </li>
  );
}

function Jump({ place, text }: { place: Place | undefined; text: string }) {
  if (place === undefined) {
    return <code>{text}</code>;
  }
  const title = words.value.goTo.replace("{line}", String(place.line)).replace("{file}", place.file);
  return (
    <button type="button" class="link code jump" title={title} onClick={() => goTo(place)}>
      {text} <span class="place">{placeText(place)}</span>
    </button>
  );
}

/** A list of few or many, with the rest behind a summary. */
export function Folded({
  title,
  open,
  children,
}: {
  title: ComponentChildren;
  open?: boolean;
  children: ComponentChildren;
}) {
  return (
    <details class="folded" open={open ?? false}>
      <summary>{title}</summary>
      {children}
    </details>
  );
}
