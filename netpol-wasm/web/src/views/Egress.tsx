// What each workload can reach outside, and what is worth a look.

import { signal } from "@preact/signals";
import type { EgressOf, Opening, Verdict } from "netpol";
import { askFor, follow, followLate, messages, tab, words } from "../store";
import { isNothing, openingText, peerQuery, peerText, sentence, somePort } from "../text/format";
import { Notes } from "./Ask";
import { PolicyLink, peerWords, VerdictMark } from "./common";
import { Unanswered } from "./parts";

/** So many workloads are shown at once. */
const MOST_SHOWN = 100;

const wanted = signal("");
const egress = follow("view", "egress", () => (tab.value === "egress" ? {} : undefined));
const summary = followLate("summary", "summary", () => (tab.value === "egress" ? null : undefined));

export function Egress() {
  const word = words.value;
  const outcome = egress.outcome.value;
  if (outcome?.answer === undefined) {
    return <Unanswered outcome={outcome} />;
  }
  const { workloads, outside, notes } = outcome.answer;
  const names = peerWords();
  const typed = wanted.value.trim().toLowerCase();
  const found = workloads.filter((one) => peerText(one.peer, names).toLowerCase().includes(typed));
  return (
    <div class="view egress-view">
      <Findings />
      <div class="filters">
        <label>
          {word.filter}{" "}
          <input value={wanted.value} onInput={(event) => (wanted.value = event.currentTarget.value)} />
        </label>
        <span class="hint">{word.egressHint}</span>
      </div>
      <ul class="cards">
        {found.slice(0, MOST_SHOWN).map((one) => (
          <Card key={JSON.stringify(one.peer)} one={one} whole={outside.cidrs ?? []} />
        ))}
      </ul>
      {found.length > MOST_SHOWN && (
        <p class="hint">{word.more.replace("{count}", String(found.length - MOST_SHOWN))}</p>
      )}
      <Notes notes={notes} />
    </div>
  );
}

/** The findings of the whole cluster. */
function Findings() {
  const answer = summary.outcome.value?.answer;
  if (answer === undefined || answer.findings.length === 0) {
    return null;
  }
  return (
    <section class="findings" aria-label={words.value.summary}>
      <h3>{words.value.summary}</h3>
      <ul>
        {answer.findings.map((finding) => (
          <li key={finding.code} class="finding">
            <span aria-hidden="true">⚠</span> {sentence(messages.value, finding.code, finding.params)}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Card({ one, whole }: { one: EgressOf; whole: readonly string[] }) {
  const word = words.value;
  const name = peerText(one.peer, peerWords());
  const metadata = one.metadata.filter((service) => service.verdict !== "deny");
  return (
    <li class="card">
      <h3>{name}</h3>
      <p class="hint">
        {one.host_network
          ? word.hostNetwork
          : one.isolated_by.length === 0
            ? word.notIsolated
            : one.isolated_by.map((policy, i) => (
                <span key={`${policy.namespace}/${policy.name}`}>
                  {i === 0 ? `${word.isolatedBy} ` : ", "}
                  <PolicyLink policy={policy} />
                </span>
              ))}
      </p>
      <dl>
        <dt>{word.reachable}</dt>
        <dd>
          <Openings
            openings={one.outside}
            whole={whole}
            from={peerQuery(one.peer)}
            nothing={word.nothingOutside}
          />
        </dd>
        {one.dns !== undefined && (
          <>
            <dt>DNS</dt>
            <dd>
              <VerdictMark verdict={one.dns.verdict} /> {dnsWords(one.dns.verdict)}
            </dd>
          </>
        )}
        <dt>{word.metadata}</dt>
        <dd>
          {metadata.length === 0 ? (
            <>
              <VerdictMark verdict="deny" /> {word.closed}
            </>
          ) : (
            <>
              <VerdictMark
                verdict={metadata.some((service) => service.verdict === "allow") ? "allow" : "undefined"}
              />{" "}
              {metadata.map((service) => `${service.address} (${service.provider})`).join(", ")}
            </>
          )}
        </dd>
        {one.api_server.some((opening) => !isNothing(opening.allow) || !isNothing(opening.undefined)) && (
          <>
            <dt>{word.apiServer}</dt>
            <dd>
              <Openings
                openings={one.api_server}
                whole={[]}
                from={peerQuery(one.peer)}
                nothing={word.closed}
              />
            </dd>
          </>
        )}
      </dl>
      {one.findings.length > 0 && (
        <ul>
          {one.findings.map((finding) => (
            <li key={JSON.stringify(finding)} class="finding">
              <span aria-hidden="true">⚠</span> {sentence(messages.value, finding.code, finding.params)}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

const dnsWords = (verdict: Verdict): string =>
  verdict === "allow"
    ? words.value.resolves
    : verdict === "deny"
      ? words.value.resolvesNot
      : words.value.resolvesUndefined;

function Openings({
  openings,
  whole,
  from,
  nothing,
}: {
  openings: Opening[];
  whole: readonly string[];
  from: string;
  nothing: string;
}) {
  const word = words.value;
  const names = peerWords();
  if (openings.length === 0) {
    return (
      <>
        <VerdictMark verdict="deny" /> {nothing}
      </>
    );
  }
  return (
    <ul>
      {openings.map((opening) => (
        <li key={JSON.stringify([opening.to, opening.allow])}>
          <button
            type="button"
            class="link"
            onClick={() =>
              askFor(
                from,
                peerQuery(opening.to),
                somePort(isNothing(opening.allow) ? (opening.undefined ?? {}) : opening.allow),
              )
            }
          >
            <b>{openingText(opening, word.anyPort)}</b> → {peerText(opening.to, names, whole)}
          </button>
          {opening.families?.map((family) => (
            <span class="tag" key={family}>
              {family}
            </span>
          ))}
        </li>
      ))}
    </ul>
  );
}
