// Learn, Share, Export, the assumptions, and the keys.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { PROFILES } from "../engine/profiles";
import { EXAMPLES, type Example } from "../learn/examples";
import {
  answer,
  dialog,
  engine,
  files,
  language,
  messages,
  options,
  replaceAll,
  shareLink,
  words,
} from "../store";
import { markdown, svg, yamlStream } from "../text/report";
import { mapState } from "./Map";

export function Dialogs() {
  switch (dialog.value) {
    case "learn":
      return <Learn />;
    case "share":
      return <Share />;
    case "export":
      return <Export />;
    case "settings":
      return <Settings />;
    case "keys":
      return <Keys />;
    default:
      return null;
  }
}

function Dialog({ title, children }: { title: string; children: ComponentChildren }) {
  const host = useRef<HTMLDialogElement>(null);
  useEffect(() => host.current?.showModal(), []);
  const close = () => {
    dialog.value = undefined;
  };
  return (
    <dialog ref={host} aria-labelledby="dialog-title" onClose={close}>
      <header>
        <h2 id="dialog-title">{title}</h2>
        <button type="button" class="icon" aria-label={words.value.close} onClick={close}>
          ×
        </button>
      </header>
      {children}
    </dialog>
  );
}

function Learn() {
  const word = words.value;
  return (
    <Dialog title={word.learnTitle}>
      <p class="hint">{word.learnHint}</p>
      <ul class="gallery">
        {EXAMPLES.map((one) => (
          <li key={one.id} class="card">
            <h3>{one.title[language.value]}</h3>
            <p>{one.lesson[language.value]}</p>
            <button
              type="button"
              aria-label={`${word.load}: ${one.title[language.value]}`}
              onClick={() => void open(one)}
            >
              {word.load}
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

/** Opens an example with its first question. */
export async function open(one: Example): Promise<void> {
  const { filesOf, questionsOf } = await import("../learn/files");
  const [first] = questionsOf(one.id);
  const question = { from: first?.from ?? "", to: first?.to ?? "", port: first?.port ?? "" };
  replaceAll({ files: filesOf(one.id), off: [], options: {}, question, tab: "map" }, one.id);
  dialog.value = undefined;
}

/** A link of more characters may be cut. */
const LONG_LINK = 8000;

function Share() {
  const word = words.value;
  const link = useSignal("");
  const copied = useSignal(false);
  useEffect(() => {
    void shareLink().then((made) => {
      link.value = made;
    });
  }, []);
  return (
    <Dialog title={word.shareTitle}>
      <p class="hint">{word.shareHint}</p>
      <textarea
        readOnly
        rows={4}
        aria-label={word.shareTitle}
        value={link.value}
        data-testid="share-link"
        onFocus={(event) => event.currentTarget.select()}
      />
      {link.value.length > LONG_LINK && (
        <p class="note">{word.shareLong.replace("{length}", String(link.value.length))}</p>
      )}
      <p>
        <button
          type="button"
          onClick={() =>
            void navigator.clipboard.writeText(link.value).then(() => {
              copied.value = true;
            })
          }
        >
          {word.copy}
        </button>{" "}
        <span role="status">{copied.value ? word.copied : ""}</span>
      </p>
    </Dialog>
  );
}

function Export() {
  const word = words.value;
  const { model, edges } = mapState();
  return (
    <Dialog title={word.export}>
      <p class="buttons">
        <button
          type="button"
          disabled={model === undefined}
          onClick={() =>
            model !== undefined &&
            save(
              "netpol-map.svg",
              "image/svg+xml",
              svg(model, edges, word.mapOf.replace("{count}", String(model.workloads))),
            )
          }
        >
          {word.exportSvg}
        </button>
        <button type="button" onClick={() => void saveReport()}>
          {word.exportMarkdown}
        </button>
        <button
          type="button"
          onClick={() => save("manifests.yaml", "application/yaml", yamlStream(files.value))}
        >
          {word.exportYaml}
        </button>
      </p>
    </Dialog>
  );
}

async function saveReport(): Promise<void> {
  const advice = await import("../advice/advice");
  const [summary, egress] = await Promise.all([
    advice.engine.ask("report-summary", "summary", null),
    engine.ask("report-egress", "egress", {}),
  ]);
  const report = {
    words: words.value,
    messages: messages.value,
    answer: answer.value,
    summary: summary?.answer,
    egress: egress?.answer,
  };
  save("netpol-report.md", "text/markdown", markdown(report));
}

function save(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

const listed = (text: string): string[] => text.split(/[\s,]+/).filter((part) => part !== "");

function Settings() {
  const word = words.value;
  const now = options.value;
  const set = (change: Partial<typeof now>) => {
    options.value = { ...options.peek(), ...change };
  };
  return (
    <Dialog title={word.settings}>
      <form class="settings" onSubmit={(event) => event.preventDefault()}>
        <label>
          <span>{word.profile}</span>
          <select
            value={now.profile ?? "generic"}
            onChange={(event) => set({ profile: event.currentTarget.value })}
          >
            {PROFILES.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
          <small>{word.profileHint}</small>
        </label>
        <label>
          <span>{word.defaultNamespace}</span>
          <input
            value={now.namespace ?? ""}
            placeholder="default"
            pattern="[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
            onChange={(event) =>
              checked(event.currentTarget) &&
              set({ namespace: event.currentTarget.value.trim() || "default" })
            }
          />
        </label>
        <label>
          <span>{word.podCidrs}</span>
          <input
            value={(now.podCidrs ?? []).join(", ")}
            onChange={(event) => set({ podCidrs: listed(event.currentTarget.value) })}
          />
          <small>{word.cidrHint}</small>
        </label>
        <label>
          <span>{word.serviceCidrs}</span>
          <input
            value={(now.serviceCidrs ?? []).join(", ")}
            onChange={(event) => set({ serviceCidrs: listed(event.currentTarget.value) })}
          />
        </label>
        <label>
          <span>{word.ignoreKinds}</span>
          <input
            value={(now.ignoreKinds ?? []).join(", ")}
            placeholder="CiliumNetworkPolicy"
            onChange={(event) => set({ ignoreKinds: listed(event.currentTarget.value) })}
          />
        </label>
        <label>
          <span>{word.resolve}</span>
          <input
            value={(now.resolve ?? []).join(" ")}
            placeholder="api.example.com=203.0.113.10,2001:db8::10"
            onChange={(event) =>
              set({ resolve: event.currentTarget.value.split(/\s+/).filter((part) => part !== "") })
            }
          />
          <small>{word.resolveHint}</small>
        </label>
        <label>
          <span>{word.ingressControllers}</span>
          <input
            value={(now.ingressControllers ?? []).join(", ")}
            placeholder="ingress-nginx/ingress-nginx-controller"
            onChange={(event) => set({ ingressControllers: listed(event.currentTarget.value) })}
          />
          <small>{word.ingressControllersHint}</small>
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={now.keepGoing ?? false}
            onChange={(event) => set({ keepGoing: event.currentTarget.checked })}
          />{" "}
          {word.keepGoing}
        </label>
        <p class="error" role="alert">
          {engine.refusal.value ?? ""}
        </p>
      </form>
    </Dialog>
  );
}

const checked = (input: HTMLInputElement): boolean => input.reportValidity();

function Keys() {
  const word = words.value;
  const keys: [string, string][] = [
    ["Alt+Q", word.keysAsk],
    ["Alt+E", word.keysEditor],
    ["Alt+V", word.keysTabs],
    ["Escape", word.keysEscape],
  ];
  return (
    <Dialog title={word.keysTitle}>
      <dl class="keys">
        {keys.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
