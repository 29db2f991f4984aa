// A view of the part for authors, which is loaded after everything else.

import { advice, words } from "../store";

type Part = NonNullable<typeof advice.value>;

export function Advised({ show }: { show: (advice: Part) => preact.JSX.Element }) {
  const part = advice.value;
  return part === undefined ? <p class="hint">{words.value.loading}</p> : show(part);
}
