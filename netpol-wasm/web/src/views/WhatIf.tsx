// A switch for each policy, and what the files add up to.

import { goTo, state, switchPolicy, words } from "../store";

export function WhatIf() {
  const word = words.value;
  const policies = state.value?.policies ?? [];
  return (
    <section class="whatif" aria-labelledby="whatif-title">
      <h2 id="whatif-title">{word.whatIf}</h2>
      <p class="hint">{policies.length === 0 && state.value?.usable ? word.noPolicies : word.whatIfHint}</p>
      <ul>
        {policies.map(({ kind, namespace, name, file, line, on }) => (
          <li key={`${file}:${kind}/${namespace}/${name}`} class={on ? "" : "off"}>
            <button
              type="button"
              role="switch"
              aria-checked={on}
              aria-label={`${namespace || kind}/${name}`}
              class="switch"
              onClick={() => switchPolicy({ kind, namespace, name }, !on)}
            >
              <span class="knob" aria-hidden="true" />
              <span>{on ? word.policyOn : word.policyOff}</span>
            </button>{" "}
            <button
              type="button"
              class="link code"
              onClick={() => goTo({ file, line, column: 1, start: -1, end: -1 })}
            >
              {namespace || kind}/{name} <span class="place">{`${file}:${line}`}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
