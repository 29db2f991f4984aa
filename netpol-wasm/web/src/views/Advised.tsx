// A view of the part for authors, which is loaded after everything else.

import { advice, adviceFailure, words } from "../store";

type Part = NonNullable<typeof advice.value>;

export function Advised({ show }: { show: (advice: Part) => preact.JSX.Element }) {
  const [part, failure] = [advice.value, adviceFailure.value];
  if (part !== undefined) {
    return show(part);
  }
  return failure === undefined ? (
    <p class="hint">{words.value.loading}</p>
  ) : (
    <p class="error">{words.value.failed.replace("{reason}", failure)}</p>
  );
}
