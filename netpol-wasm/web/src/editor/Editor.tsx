// The editor: CodeMirror, with diagnostics, completion and the mark of the deciding line.

import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab, isolateHistory } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import {
  type Diagnostic,
  diagnosticCount,
  forEachDiagnostic,
  lintGutter,
  lintKeymap,
  setDiagnostics,
} from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import {
  Compartment,
  EditorState,
  type Extension,
  RangeSet,
  StateEffect,
  StateField,
} from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { effect } from "@preact/signals";
import type { Place, Diagnostic as Problem } from "netpol";
import { useEffect, useRef } from "preact/hooks";
import {
  activeFile,
  edit,
  files,
  jump,
  marked,
  remarks,
  rewritesBy,
  side,
  state,
  vocabulary,
  words,
} from "../store";
import { rangeOf } from "../text/offsets";
import { completer } from "./complete";

const setMark = StateEffect.define<{ from: number; to: number } | undefined>();
const markField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    let now = marks.map(transaction.changes);
    for (const one of transaction.effects) {
      if (one.is(setMark)) {
        now = one.value === undefined ? Decoration.none : marksOf(transaction.state, one.value);
      }
    }
    return now;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** The lines that a place covers, and the text itself on the first. */
function marksOf(state: EditorState, { from, to }: { from: number; to: number }): DecorationSet {
  const line = state.doc.lineAt(from);
  const decorations = [Decoration.line({ class: "cm-deciding" }).range(line.from)];
  const end = Math.min(to, line.to);
  if (end > from) {
    decorations.push(Decoration.mark({ class: "cm-deciding-text" }).range(from, end));
  }
  return RangeSet.of(decorations, true);
}

/** A text of more than this is sent only when typing rests. */
const LARGE = 1_000_000;
const LARGE_AFTER = 400;

const label = new Compartment();

function extensions(changed: (view: EditorView) => void): Extension[] {
  return [
    lineNumbers(),
    foldGutter(),
    lintGutter(),
    history(),
    drawSelection(),
    indentOnInput(),
    indentUnit.of("  "),
    bracketMatching(),
    closeBrackets(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    yaml(),
    syntaxHighlighting(classHighlighter),
    autocompletion({ override: [completer(() => vocabulary.peek())], icons: false }),
    markField,
    label.of([]),
    keymap.of([
      // Escape lets the Tab key leave the editor; CodeMirror's own binding does the rest.
      ...closeBracketsKeymap,
      ...defaultKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...foldKeymap,
      ...completionKeymap,
      ...lintKeymap,
      indentWithTab,
    ]),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) {
        changed(update.view);
      }
    }),
  ];
}

/** What is wrong with a file, and what there is to say about it, for the editor. */
function diagnosticsOf(name: string, shownIn: EditorState): Diagnostic[] {
  const text = shownIn.doc.toString();
  const shown = (one: Pick<Problem, "severity" | "message"> & { place: Place | null }): Diagnostic => {
    const { from, to } = one.place === null ? { from: 0, to: 0 } : rangeOf(text, one.place);
    // A range over many lines hides more than it shows.
    const line = text.indexOf("\n", from);
    const severity = one.severity === "note" ? "info" : one.severity;
    return { from, to: line < 0 ? to : Math.min(to, Math.max(line, from)), severity, message: one.message };
  };
  const all = (state.value?.diagnostics ?? []).filter((one) => one.file === name).map(shown);
  for (const { files, all: those, stay } of remarks.value) {
    if (files.find((file) => file.name === name)?.text === text) {
      const said = those.filter((one) => one.place.file === name);
      all.push(...said.map((one) => ({ ...shown(one), actions: one.actions })));
    } else if (stay) {
      // Those that are there have moved with the text.
      forEachDiagnostic(shownIn, (one, from, to) => {
        if (one.actions?.length) {
          all.push({ ...one, from, to });
        }
      });
    }
  }
  return all.sort((a, b) => a.from - b.from);
}

/** What differs between two texts, as the one change between what they begin and end with. */
function changeOf(old: string, text: string): { from: number; to: number; insert: string } {
  const most = Math.min(old.length, text.length);
  let from = 0;
  while (from < most && old.charCodeAt(from) === text.charCodeAt(from)) {
    from += 1;
  }
  let end = 0;
  while (
    end < most - from &&
    old.charCodeAt(old.length - 1 - end) === text.charCodeAt(text.length - 1 - end)
  ) {
    end += 1;
  }
  return { from, to: old.length - end, insert: text.slice(from, text.length - end) };
}

export function Editor() {
  const host = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (host.current === null) {
      return;
    }
    const states = new Map<string, EditorState>();
    let shown = "";
    let timer: ReturnType<typeof setTimeout> | undefined;
    let ours: string | undefined;
    let lastMark: { place?: Place | undefined; name?: string } = {};

    const send = (view: EditorView) => {
      clearTimeout(timer);
      const text = view.state.doc.toString();
      ours = text;
      edit(shown, text);
    };
    const changed = (view: EditorView) => {
      clearTimeout(timer);
      if (view.state.doc.length > LARGE) {
        timer = setTimeout(() => send(view), LARGE_AFTER);
      } else {
        send(view);
      }
    };
    const view = new EditorView({ parent: host.current });
    const fresh = (text: string) => EditorState.create({ doc: text, extensions: extensions(changed) });

    /** Shows a file, and its text where somebody else has changed it. */
    const show = (name: string, text: string): void => {
      const names = new Set(files.peek().map((file) => file.name));
      for (const old of [...states.keys()].filter((old) => !names.has(old))) {
        states.delete(old);
      }
      if (name !== shown) {
        if (names.has(shown)) {
          states.set(shown, view.state);
        }
        shown = name;
        const kept = states.get(name);
        view.setState(kept !== undefined && kept.doc.toString() === text ? kept : fresh(text));
      } else if (text !== ours && text !== view.state.doc.toString()) {
        view.setState(fresh(text));
      }
      ours = text;
    };

    rewritesBy((name, text) => {
      if (name !== shown) {
        return;
      }
      const changes = changeOf(view.state.doc.toString(), text);
      view.dispatch({
        changes,
        selection: { anchor: changes.from },
        effects: EditorView.scrollIntoView(changes.from, { y: "center" }),
        annotations: isolateHistory.of("full"),
        userEvent: "input.rewrite",
      });
      send(view);
      side.value = "editor";
      requestAnimationFrame(() => view.focus());
    });
    let jumped = jump.peek();
    // One effect, since the order matters: first the file, then what is shown in it.
    const stop = effect(() => {
      const name = activeFile.value;
      show(name, files.value.find((file) => file.name === name)?.text ?? "");
      const text = view.state.doc.toString();
      const described = words.value.editor.replace("{name}", name);
      if (view.contentDOM.ariaLabel !== described) {
        view.dispatch({
          effects: label.reconfigure(EditorView.contentAttributes.of({ "aria-label": described })),
        });
      }
      const found = diagnosticsOf(name, view.state);
      if (found.length > 0 || diagnosticCount(view.state) > 0) {
        view.dispatch(setDiagnostics(view.state, found));
      }
      const place = marked.value;
      const range = place !== undefined && place.file === name ? rangeOf(text, place) : undefined;
      if (place !== lastMark.place || name !== lastMark.name) {
        lastMark = { place, name };
        view.dispatch({ effects: setMark.of(range) });
      }
      const target = jump.value;
      if (target !== undefined && target !== jumped && target.place.file === name) {
        jumped = target;
        const { from } = rangeOf(text, target.place);
        view.dispatch({
          selection: { anchor: from },
          effects: EditorView.scrollIntoView(from, { y: "center" }),
        });
        // After the pane is shown on a narrow screen.
        requestAnimationFrame(() => view.focus());
      }
    });
    return () => {
      clearTimeout(timer);
      stop();
      rewritesBy(undefined);
      view.destroy();
    };
  }, []);

  return <div class="editor" ref={host} />;
}
