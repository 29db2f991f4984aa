// The state of the page, and everything that changes it.

import { batch, computed, effect, signal, untracked } from "@preact/signals";
import type { CheckAnswer, Diagnostic, Messages, Options, Outcome, Place, State, Vocabulary } from "netpol";
import { Engine } from "./engine/client";
import {
  type AdviceQuestions,
  type Answer,
  type Baseline,
  type Change,
  type Method,
  type PolicyName,
  policyKey,
  type Questions,
  type SourceFile,
} from "./engine/protocol";
import { nextWorker } from "./engine/start";
import { FIRST_FILES, FIRST_QUESTION } from "./learn/first";
import { fromFragment, type Shared, ShareError, toFragment } from "./text/share";
import { LANGUAGES, type Language, preferred } from "./text/words";

export const TABS = ["map", "table", "egress", "diff", "lint", "tests"] as const;
export type Tab = (typeof TABS)[number];
export type Theme = "auto" | "light" | "dark";

/** A line in the editor that somebody has something to say about. */
export interface Remark extends Pick<Diagnostic, "severity" | "message"> {
  place: Place;
  actions: { name: string; apply: () => void }[];
}

/** Remarks about the files as they were at one moment. */
export interface Remarks {
  files: readonly SourceFile[];
  all: readonly Remark[];
  /** Whether they stay where they are, while there are none yet about what was typed since. */
  stay: boolean;
}

/** What the page remembers between visits; never anything of the manifests. */
const remembered = (key: string): string | null => {
  try {
    return localStorage.getItem(`netpol.${key}`);
  } catch {
    return null;
  }
};
const remember = (key: string, value: string): void => {
  try {
    localStorage.setItem(`netpol.${key}`, value);
  } catch {
    // A browser that keeps nothing has its reasons.
  }
};

const startLanguage = (): Language => {
  const kept = remembered("language");
  return kept === "en" || kept === "zh" ? kept : preferred(navigator.languages);
};
const startTheme = (): Theme => {
  const kept = remembered("theme");
  return kept === "light" || kept === "dark" ? kept : "auto";
};

export const language = signal<Language>(startLanguage());
export const words = computed(() => LANGUAGES[language.value]);
export const theme = signal<Theme>(startTheme());

export const files = signal<readonly SourceFile[]>(FIRST_FILES);
export const activeFile = signal<string>(FIRST_FILES[0]?.name ?? "");
export const off = signal<readonly PolicyName[]>([]);
export const options = signal<Omit<Options, "lang">>({});
export const baseline = signal<Baseline | null>(null);
export const question = signal<{ from: string; to: string; port: string }>({ ...FIRST_QUESTION });
export const tab = signal<Tab>("map");
export const side = signal<"editor" | "answer">("answer");
/** The example that was opened last, while its files are open. */
export const example = signal<string | undefined>("puzzle");

export const state = signal<State | undefined>(undefined);
export const vocabulary = signal<Vocabulary | undefined>(undefined);
export const messages = signal<Messages | undefined>(undefined);
/** What the editor shows beside reading errors. */
export const remarks = signal<readonly Remarks[]>([]);
/** The part of the page for authors, once it is loaded. */
export const advice = signal<typeof import("./advice/advice") | undefined>(undefined);
/** Why it could not be loaded. */
export const adviceFailure = signal<string | undefined>(undefined);
export const asked = signal<Answer<"check"> | undefined>(undefined);
/** The last answer, of now or of before there were errors. */
export const answer = signal<CheckAnswer | undefined>(undefined);

/** Where the editor is to go; a new object for each time. */
export const jump = signal<{ place: Place } | undefined>(undefined);
/** The deciding place that is marked. */
export const marked = signal<Place | undefined>(undefined);
/** What the page has to say, with what undoes it. */
export const notice = signal<{ text: string; undo?: () => void } | undefined>(undefined);
/** The dialog that is open. */
export const dialog = signal<"learn" | "share" | "export" | "settings" | "keys" | undefined>(undefined);

export const engine = new Engine(nextWorker, () => ({
  files: [...files.peek()],
  off: [...off.peek()],
  options: { ...options.peek(), lang: language.peek() },
  baseline: baseline.peek(),
}));

/** Who has to know of changes beside the engine. */
const followers: ((change: Change) => void)[] = [];
export const tellOfChanges = (follower: (change: Change) => void) => followers.push(follower);

function changed(change: Change): void {
  engine.change(change);
  for (const follower of followers) {
    follower(change);
  }
}

/** Follows a question; its answers, or errors, are kept in a signal. */
export function follow<M extends Method>(slot: string, method: M, asking: () => Questions[M][0] | undefined) {
  const outcome = signal<Answer<M> | undefined>(undefined);
  const stop = engine.watch(slot, method, asking, (found) => {
    outcome.value = found;
  });
  return { outcome, stop };
}

/** The same of the second module, once that is there. */
export function followLate<M extends keyof AdviceQuestions>(
  slot: string,
  method: M,
  asking: () => AdviceQuestions[M][0] | undefined,
) {
  const outcome = signal<Outcome<AdviceQuestions[M][1]> | undefined>(undefined);
  let follows = false;
  effect(() => {
    const part = advice.value;
    if (part !== undefined && !follows) {
      follows = true;
      untracked(() =>
        part.engine.watch(slot, method, asking, (found) => {
          outcome.value = found;
        }),
      );
    }
  });
  return { outcome };
}

// --- what follows the files ----------------------------------------------------------------------

engine.watch(
  "check",
  "check",
  () =>
    question.value.from.trim() === "" || question.value.to.trim() === "" ? undefined : { ...question.value },
  (found) => {
    batch(() => {
      asked.value = found;
      if (found.answer !== undefined) {
        answer.value = found.answer;
      }
    });
  },
);
engine.watch(
  "state",
  "state",
  () => null,
  (found) => {
    state.value = found.answer;
  },
);
/** Asks until it is answered for the present state of things, or somebody else has begun to. */
function eventually<M extends Method>(method: M, set: (found: Questions[M][1]) => void): () => Promise<void> {
  let turn = 0;
  return async () => {
    turn += 1;
    const mine = turn;
    while (mine === turn) {
      const found = await engine.ask(method, method, null as Questions[M][0]);
      if (found?.answer !== undefined && mine === turn) {
        set(found.answer as Questions[M][1]);
        return;
      }
      if (found?.error !== undefined) {
        return;
      }
    }
  };
}

const askVocabulary = eventually("vocabulary", (found) => {
  vocabulary.value = found;
});
const askMessages = eventually("messages", (found) => {
  messages.value = found;
});
/** Names are for completion, which can wait until typing rests. */
const NAMES_AFTER = 250;
let rest: ReturnType<typeof setTimeout> | undefined;
effect(() => {
  engine.generation.value;
  clearTimeout(rest);
  rest = setTimeout(() => void askVocabulary(), NAMES_AFTER);
});

/** Whether something would be lost by leaving the page. */
let unsaved = false;
addEventListener("beforeunload", (event) => {
  if (unsaved) {
    event.preventDefault();
  }
});

// --- changes of the files ------------------------------------------------------------------------

export function edit(name: string, text: string): void {
  unsaved = true;
  files.value = files.peek().map((file) => (file.name === name ? { name, text } : file));
  changed({ type: "put", file: { name, text } });
}

/** A name that no open file has. */
export function freeName(wanted: string): string {
  const taken = new Set(files.peek().map((file) => file.name));
  if (!taken.has(wanted)) {
    return wanted;
  }
  const dot = wanted.lastIndexOf(".");
  const [stem, ending] = dot > 0 ? [wanted.slice(0, dot), wanted.slice(dot)] : [wanted, ""];
  let number = 2;
  while (taken.has(`${stem}-${number}${ending}`)) {
    number += 1;
  }
  return `${stem}-${number}${ending}`;
}

/** Gives an open file another text as one step that the editor can undo; set by the editor. */
let rewriter: ((name: string, text: string) => void) | undefined;
export const rewritesBy = (given: typeof rewriter): void => {
  rewriter = given;
};

/**
 * Gives files other texts, and adds one; each in one step that the editor can undo. Says under which name
 * the new one is open.
 */
export function rewrite(texts: readonly [string, string][], added?: [string, string]): string | undefined {
  let name: string | undefined;
  if (added !== undefined) {
    // From nothing, so that the editor's undo takes the text away again.
    name = freeName(added[0]);
    addFile(name, rewriter === undefined ? added[1] : "");
    rewriter?.(name, added[1]);
  }
  for (const [file, text] of texts) {
    activeFile.value = file;
    rewriter?.(file, text);
  }
  return name;
}

export function addFile(name: string, text: string): void {
  const free = freeName(name);
  unsaved = true;
  batch(() => {
    files.value = [...files.peek(), { name: free, text }];
    activeFile.value = free;
    side.value = "editor";
  });
  changed({ type: "put", file: { name: free, text } });
}

export function closeFile(name: string): void {
  const undo = undoing();
  const at = files.peek().findIndex((file) => file.name === name);
  batch(() => {
    files.value = files.peek().filter((file) => file.name !== name);
    if (activeFile.peek() === name) {
      activeFile.value = (files.peek()[at] ?? files.peek().at(-1))?.name ?? "";
    }
    notice.value = { text: words.peek().closeFile.replace("{name}", name), undo };
  });
  changed({ type: "close", name });
}

export function renameFile(name: string, wanted: string): void {
  const trimmed = wanted.trim();
  if (trimmed === "" || trimmed === name) {
    return;
  }
  const free = freeName(trimmed);
  batch(() => {
    files.value = files.peek().map((file) => (file.name === name ? { ...file, name: free } : file));
    activeFile.value = free;
  });
  sync();
}

export function switchPolicy(policy: PolicyName, on: boolean): void {
  const others = off.peek().filter((one) => policyKey(one) !== policyKey(policy));
  off.value = on ? others : [...others, policy];
  changed({ type: "switch", policy, on });
}

/** Tells the engine all files and switches as they are now. */
function sync(): void {
  changed({ type: "replace", files: [...files.peek()], off: [...off.peek()] });
}

/** Everything that a link holds. */
export const everything = (): Shared => ({
  files: [...files.peek()],
  off: [...off.peek()],
  options: options.peek(),
  question: question.peek(),
  tab: tab.peek(),
});

export function restore(shared: Shared, from?: string): void {
  unsaved = false;
  batch(() => {
    files.value = shared.files;
    activeFile.value = shared.files[0]?.name ?? "";
    off.value = shared.off;
    options.value = shared.options;
    question.value = shared.question;
    tab.value = TABS.find((name) => name === shared.tab) ?? "map";
    example.value = from;
    marked.value = undefined;
    answer.value = undefined;
    notice.value = undefined;
  });
  sync();
  compareWith(null);
}

/** What brings the page back to where it is now. */
function undoing(): () => void {
  const [before, from, wasUnsaved, compared] = [everything(), example.peek(), unsaved, baseline.peek()];
  return () => {
    restore(before, from);
    unsaved = wasUnsaved;
    compareWith(compared);
  };
}

/** Opens other files in place of those that are open; that can be undone. */
export function replaceAll(shared: Shared, from?: string): void {
  const undo = undoing();
  restore(shared, from);
  notice.value = { text: words.peek().replaced, undo };
}

export const setBaseline = (on: boolean): void =>
  compareWith(on ? { files: [...files.peek()], off: [...off.peek()] } : null);

function compareWith(state: Baseline | null): void {
  baseline.value = state;
  changed({ type: "baseline", baseline: state });
}

/** Puts the cursor on a place and marks it. */
export function goTo(place: Place): void {
  batch(() => {
    activeFile.value = place.file;
    marked.value = place;
    jump.value = { place };
    side.value = "editor";
  });
}

export function askFor(from: string, to: string, port: string): void {
  batch(() => {
    question.value = { from, to, port };
    marked.value = undefined;
  });
}

export const shareLink = async (): Promise<string> =>
  location.href.replace(/[#?].*$/, "") + (await toFragment(everything()));

/**
 * Opens what the address of the page says: a link's workspace, or the manifests of `netpol playground`.
 * Later, when only the fragment has changed, that can be undone.
 */
export async function openAddress(later = false): Promise<void> {
  const word = words.peek();
  try {
    const shared = await fromFragment(location.hash);
    if (shared !== undefined) {
      (later ? replaceAll : restore)(shared);
      return;
    }
  } catch (error) {
    const code = error instanceof ShareError ? error.code : "damaged";
    const text = { version: word.shareVersion, damaged: word.shareDamaged, "too-large": word.shareTooLarge }[
      code
    ];
    notice.value = { text };
    return;
  }
  if (!later && new URLSearchParams(location.search).has("local")) {
    const response = await fetch("./manifests.json");
    if (response.ok) {
      const given = (await response.json()) as { files: SourceFile[]; options: Options };
      restore({
        files: given.files,
        off: [],
        options: given.options,
        question: { from: "", to: "", port: "" },
        tab: "map",
      });
    }
  }
}

// --- how the page looks --------------------------------------------------------------------------

effect(() => {
  document.documentElement.lang = language.value === "zh" ? "zh-Hans" : "en";
  document.title = words.value.title;
  remember("language", language.value);
});
effect(() => {
  document.documentElement.dataset.theme = theme.value;
  remember("theme", theme.value);
});

let configured = "";
effect(() => {
  const now = { ...options.value, lang: language.value };
  const text = JSON.stringify(now);
  if (configured !== "" && configured !== text) {
    changed({ type: "configure", options: now });
  }
  configured = text;
});
effect(() => {
  language.value;
  void askMessages();
});
