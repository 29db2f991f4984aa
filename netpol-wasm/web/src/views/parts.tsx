// Controls that views share.

import type { Outcome } from "netpol";
import { vocabulary, words } from "../store";

export function NamespaceChoice({ value, onChange }: { value: string; onChange: (name: string) => void }) {
  const word = words.value;
  const names = vocabulary.value?.namespaces ?? [];
  return (
    <label>
      {word.namespace}{" "}
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">{word.allNamespaces}</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

export function PortFilter({ value, onInput }: { value: string; onInput: (port: string) => void }) {
  const word = words.value;
  return (
    <label>
      {word.filterPort}{" "}
      <input
        class="short"
        value={value}
        placeholder={word.portHint}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}

/** What to show in place of an answer. */
export function Unanswered({ outcome }: { outcome: Outcome<unknown> | undefined }) {
  const word = words.value;
  if (outcome?.error === undefined) {
    return <p class="hint">{word.loading}</p>;
  }
  return <p class="error">{outcome.error.message}</p>;
}
