// What the views for authors share.

import type { Diagnostic, Place } from "netpol";
import { goTo, words as page } from "../store";
import { placeText } from "../text/format";
import { engine, type Failed } from "./engine";

/** A place to go to. */
export function PlaceLink({ place }: { place: Place }) {
  const title = page.value.goTo.replace("{line}", String(place.line)).replace("{file}", place.file);
  return (
    <button type="button" class="link code jump" title={title} onClick={() => goTo(place)}>
      {placeText(place)}
    </button>
  );
}

/** What is wrong with a file. */
export function ProblemLine({ problem }: { problem: Diagnostic }) {
  return (
    <p class="error">
      {problem.place === null ? <code>{problem.file}</code> : <PlaceLink place={problem.place} />}{" "}
      {problem.message}
    </p>
  );
}

/** Why there is no answer of now; `instead` is said where one of before stays. */
export function Failure({ failed, instead = "" }: { failed: Failed; instead?: string }) {
  const first = failed.diagnostics.find(({ severity }) => severity === "error");
  return (
    <div class="failure">
      <p class="error">
        {failed.text} {instead}
      </p>
      {first !== undefined && <ProblemLine problem={first} />}
    </div>
  );
}

/** In place of an answer: that it is on its way, or why there is none. */
export function Waiting({ failed }: { failed: Failed | undefined }) {
  return failed === undefined ? <p class="hint">{page.value.loading}</p> : <Failure failed={failed} />;
}

/** Why the module of authors does not answer at all. */
export const broken = (): Failed | undefined =>
  engine.failure.value === undefined ? undefined : { text: engine.failure.value, diagnostics: [], files: [] };
