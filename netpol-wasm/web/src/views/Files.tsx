// The open files as tabs, and the ways in which files come.

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { Editor } from "../editor/Editor";
import { activeFile, addFile, closeFile, files, renameFile, state, words } from "../store";
import { fromDrop, fromList } from "./drop";

const CLUSTER_COMMAND = "kubectl get ns,no,po,svc,netpol,deploy,rs,sts,ds,job,cj -A -o yaml > cluster.yaml";

export function Files() {
  const word = words.value;
  const over = useSignal(false);
  const picker = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const names = files.value.map((file) => file.name);
  const problems = state.value?.diagnostics ?? [];
  const count = (severity: string) => problems.filter((one) => one.severity === severity).length;
  const [errors, warnings] = [count("error"), count("warning")];

  const onKey = (event: KeyboardEvent) => {
    const at = names.indexOf(activeFile.value);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
    const name = next === undefined ? undefined : names[next];
    if (name !== undefined) {
      event.preventDefault();
      activeFile.value = name;
      document.getElementById(`file-${name}`)?.focus();
    }
  };
  const add = (promise: ReturnType<typeof fromList>) => void promise.then(openAll);

  return (
    <section
      class={over.value ? "files over" : "files"}
      aria-label={word.editorSide}
      onDragOver={(event) => {
        if (event.dataTransfer?.types.includes("Files")) {
          event.preventDefault();
          over.value = true;
        }
      }}
      onDragLeave={() => (over.value = false)}
      onDrop={(event) => {
        over.value = false;
        if (event.dataTransfer?.types.includes("Files")) {
          event.preventDefault();
          add(fromDrop(event.dataTransfer));
        }
      }}
    >
      <div class="bar">
        <div role="tablist" aria-label={word.files} class="tabs" onKeyDown={onKey}>
          {names.map((name) => {
            const active = name === activeFile.value;
            const broken = problems.some((one) => one.file === name && one.severity === "error");
            return (
              <button
                key={name}
                id={`file-${name}`}
                type="button"
                role="tab"
                aria-selected={active}
                aria-controls="file-panel"
                tabIndex={active ? 0 : -1}
                class={broken ? "broken" : ""}
                onClick={() => (activeFile.value = name)}
              >
                {broken && <span aria-hidden="true">⚠ </span>}
                {name}
              </button>
            );
          })}
        </div>
        <div class="buttons">
          <button
            type="button"
            class="icon"
            title={word.newFile}
            aria-label={word.newFile}
            onClick={() => addFile("policy.yaml", NEW_POLICY)}
          >
            +
          </button>
          <button type="button" onClick={() => picker.current?.click()}>
            {word.openFiles}
          </button>
          <button type="button" onClick={() => folder.current?.click()}>
            {word.openFolder}
          </button>
          <input
            ref={picker}
            type="file"
            multiple
            accept=".yaml,.yml,.json"
            hidden
            aria-label={word.openFiles}
            data-testid="pick-files"
            onChange={(event) => add(fromList(event.currentTarget))}
          />
          <input
            ref={folder}
            type="file"
            multiple
            hidden
            aria-label={word.openFolder}
            data-testid="pick-folder"
            {...{ webkitdirectory: true }}
            onChange={(event) => add(fromList(event.currentTarget))}
          />
        </div>
      </div>
      {names.length > 0 && (
        <div class="bar second">
          <label class="rename">
            <span class="sr-only">{word.renameFile}</span>
            <input
              value={activeFile.value}
              spellcheck={false}
              onChange={(event) => {
                renameFile(activeFile.value, event.currentTarget.value);
                event.currentTarget.value = activeFile.value;
              }}
            />
          </label>
          <button
            type="button"
            class="icon"
            aria-label={word.closeFile.replace("{name}", activeFile.value)}
            title={word.closeFile.replace("{name}", activeFile.value)}
            onClick={() => closeFile(activeFile.value)}
          >
            ×
          </button>
          <span class={errors > 0 ? "problems bad" : "problems"} role="status" data-testid="problems">
            {errors + warnings === 0
              ? word.noProblems
              : word.problems.replace("{errors}", String(errors)).replace("{warnings}", String(warnings))}
          </span>
        </div>
      )}
      <div id="file-panel" role="tabpanel" aria-label={activeFile.value || word.editorSide} class="panel">
        {names.length === 0 ? <p class="hint">{`${word.noFiles} ${word.pasteHint}`}</p> : <Editor />}
      </div>
      <p class="hint paste">
        {word.clusterCommand} <code>{CLUSTER_COMMAND}</code>
      </p>
      {over.value && <p class="drop">{word.dropHere}</p>}
    </section>
  );
}

const NEW_POLICY = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: new-policy
  namespace: default
spec:
  podSelector: {}
  policyTypes:
    - Ingress
`;

function openAll(found: Awaited<ReturnType<typeof fromList>>): void {
  for (const file of found) {
    addFile(file.name, file.text);
  }
}
