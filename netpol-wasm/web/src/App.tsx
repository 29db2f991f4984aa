// The page: manifests on one side, answers on the other.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { EXAMPLES } from "./learn/examples";
import type { KnownQuestion } from "./learn/files";
import {
  askFor,
  dialog,
  engine,
  example,
  language,
  notice,
  options,
  side,
  TABS,
  type Tab,
  tab,
  theme,
  words,
} from "./store";
import { Advised } from "./views/Advised";
import { Ask } from "./views/Ask";
import { Dialogs } from "./views/Dialogs";
import { Diff } from "./views/Diff";
import { Egress } from "./views/Egress";
import { Files } from "./views/Files";
import { MapView } from "./views/Map";
import { Table } from "./views/Table";
import { WhatIf } from "./views/WhatIf";

export function App() {
  const word = words.value;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const target = event.altKey && !event.ctrlKey ? KEYS[event.code] : undefined;
      if (target !== undefined) {
        event.preventDefault();
        target();
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <>
      <Header />
      <div class="sides" role="tablist" aria-label={word.title}>
        {(["editor", "answer"] as const).map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            aria-selected={side.value === name}
            aria-controls={`side-${name}`}
            onClick={() => (side.value = name)}
          >
            {name === "editor" ? word.editorSide : word.answerSide}
          </button>
        ))}
      </div>
      <main class={`main show-${side.value}`}>
        <div class="side left" id="side-editor">
          <Files />
          <WhatIf />
        </div>
        <div class="side right" id="side-answer">
          <div class="question-row">
            <Ask />
            <Lesson />
          </div>
          <Views />
        </div>
      </main>
      <Notice />
      <Dialogs />
    </>
  );
}

const focus = (selector: string) =>
  requestAnimationFrame(() => document.querySelector<HTMLElement>(selector)?.focus());

const KEYS: Readonly<Record<string, () => void>> = {
  KeyQ: () => {
    side.value = "answer";
    focus("#ask-from");
  },
  KeyE: () => {
    side.value = "editor";
    focus(".cm-content");
  },
  KeyV: () => {
    side.value = "answer";
    focus('.views [role="tab"][aria-selected="true"]');
  },
};

function Header() {
  const word = words.value;
  const next = { auto: "light", light: "dark", dark: "auto" } as const;
  return (
    <header class="top">
      <h1>
        <img src="./icon.svg" alt="" width="24" height="24" /> netpol <span>{word.tagline}</span>
      </h1>
      <nav class="buttons" aria-label={word.title}>
        <button type="button" onClick={() => (dialog.value = "learn")}>
          {word.learn}
        </button>
        <button type="button" onClick={() => (dialog.value = "share")}>
          {word.share}
        </button>
        <button type="button" onClick={() => (dialog.value = "export")}>
          {word.export}
        </button>
        <button type="button" onClick={() => (dialog.value = "settings")} data-testid="settings">
          {word.settings}: {options.value.profile ?? "generic"}
        </button>
        <button
          type="button"
          lang={language.value === "en" ? "zh-Hans" : "en"}
          title={word.languageLabel}
          onClick={() => (language.value = language.value === "en" ? "zh" : "en")}
        >
          {word.language}
        </button>
        <button
          type="button"
          class="icon"
          aria-label={`${word.theme}: ${theme.value}`}
          title={word.theme}
          onClick={() => (theme.value = next[theme.value])}
        >
          {{ auto: "◐", light: "☀", dark: "☾" }[theme.value]}
        </button>
        <button
          type="button"
          class="icon"
          aria-label={word.help}
          title={word.help}
          onClick={() => (dialog.value = "keys")}
        >
          ?
        </button>
      </nav>
      <p class="private">{word.private}</p>
    </header>
  );
}

/** The lesson of the example that is open, with its questions. */
function Lesson() {
  const known = useSignal<KnownQuestion[]>([]);
  const one = EXAMPLES.find(({ id }) => id === example.value);
  const id = one?.id;
  useEffect(() => {
    known.value = [];
    if (id !== undefined) {
      void import("./learn/files").then(({ questionsOf }) => {
        known.value = questionsOf(id);
      });
    }
  }, [id]);
  if (one === undefined) {
    return null;
  }
  const word = words.value;
  return (
    <section class="lesson" aria-label={word.lesson}>
      <details open>
        <summary>
          <b>{one.title[language.value]}</b>
        </summary>
        <p>{one.lesson[language.value]}</p>
        <p class="questions">
          {word.askThis}{" "}
          {known.value.map(({ from, to, port, verdict }) => (
            <button
              type="button"
              key={`${from} ${to} ${port}`}
              class="chip"
              title={`${word.expected}: ${verdict}`}
              onClick={() => askFor(from, to, port)}
            >
              {from} → {to} {port}
            </button>
          ))}
        </p>
      </details>
    </section>
  );
}

const PANELS: Readonly<Record<Tab, () => preact.JSX.Element>> = {
  map: MapView,
  table: Table,
  egress: Egress,
  diff: Diff,
  lint: () => <Advised show={(advice) => <advice.Lint />} />,
  tests: () => <Advised show={(advice) => <advice.Tests />} />,
};

function Views() {
  const word = words.value;
  const titles: Record<Tab, string> = {
    map: word.map,
    table: word.table,
    egress: word.egressTab,
    diff: word.diff,
    lint: word.lint,
    tests: word.tests,
  };
  const list = useRef<HTMLDivElement>(null);
  const onKey = (event: KeyboardEvent) => {
    const at = TABS.indexOf(tab.value);
    const next = { ArrowRight: (at + 1) % TABS.length, ArrowLeft: (at + TABS.length - 1) % TABS.length }[
      event.key
    ];
    const name = next === undefined ? undefined : TABS[next];
    if (name !== undefined) {
      event.preventDefault();
      tab.value = name;
      list.current?.querySelector<HTMLElement>(`#tab-${name}`)?.focus();
    }
  };
  const Panel = PANELS[tab.value];
  return (
    <section class="views" aria-label={word.views}>
      <div role="tablist" aria-label={word.views} class="tabs" ref={list} onKeyDown={onKey}>
        {TABS.map((name) => (
          <button
            key={name}
            id={`tab-${name}`}
            type="button"
            role="tab"
            aria-selected={tab.value === name}
            aria-controls="view-panel"
            tabIndex={tab.value === name ? 0 : -1}
            onClick={() => (tab.value = name)}
          >
            {titles[name]}
          </button>
        ))}
        <span class="took" aria-hidden="true">
          {`${engine.took.value.toFixed(1)} ms`}
        </span>
      </div>
      <div id="view-panel" role="tabpanel" aria-labelledby={`tab-${tab.value}`}>
        <Panel />
      </div>
    </section>
  );
}

function Notice() {
  const now = notice.value;
  const word = words.value;
  return (
    <div class={now === undefined ? "notice hidden" : "notice"} role="status">
      {now !== undefined && (
        <>
          {now.text}{" "}
          {now.undo !== undefined && (
            <button
              type="button"
              onClick={() => {
                now.undo?.();
                notice.value = undefined;
              }}
            >
              {word.undo}
            </button>
          )}
          <button
            type="button"
            class="icon"
            aria-label={word.close}
            onClick={() => (notice.value = undefined)}
          >
            ×
          </button>
        </>
      )}
    </div>
  );
}
