// What the views for authors share.

import type { Place } from "netpol";
import { goTo, words as page } from "../store";
import { placeText } from "../text/format";

/** A place to go to. */
export function PlaceLink({ place }: { place: Place }) {
  const title = page.value.goTo.replace("{line}", String(place.line)).replace("{file}", place.file);
  return (
    <button type="button" class="link code jump" title={title} onClick={() => goTo(place)}>
      {placeText(place)}
    </button>
  );
}

/** In place of an answer: that it is on its way, or why there is none. */
export function Failure({ text }: { text: string | undefined }) {
  return text === undefined ? <p class="hint">{page.value.loading}</p> : <p class="error">{text}</p>;
}
