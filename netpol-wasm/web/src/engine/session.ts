// The worker's part: a workspace, brought from state to state.

import type { Options, Outcome, Workspace } from "netpol";
import type { Workspace as Author } from "netpol/authoring";
import {
  type Ask,
  type Baseline,
  type Change,
  type PolicyName,
  policyKey,
  type Questions,
  type SourceFile,
} from "./protocol";

export class Session {
  #files = new Map<string, string>();
  #off = new Map<string, PolicyName>();
  #baseline: Baseline | null = null;
  /** Why the options that were set last were refused. */
  refused: string | undefined;

  /** Of authors: who can compare with a baseline. */
  constructor(
    private readonly workspace: Workspace,
    private readonly author?: Author,
  ) {}

  change(change: Change): void {
    switch (change.type) {
      case "put":
        this.#put(change.file);
        break;
      case "close":
        this.#close(change.name);
        break;
      case "replace":
        this.#replace(change.files, change.off);
        break;
      case "switch":
        if (change.on) {
          this.#off.delete(policyKey(change.policy));
        } else {
          this.#off.set(policyKey(change.policy), change.policy);
        }
        this.#switch(change.policy, change.on);
        break;
      case "configure":
        this.#configure(change.options);
        break;
      case "baseline":
        this.#baseline = change.baseline;
        this.#setBaseline();
        break;
    }
  }

  ask(ask: Ask<Questions>): Outcome<unknown> {
    switch (ask.method) {
      case "check":
        return this.workspace.check(ask.question);
      case "paths":
        return this.workspace.paths(ask.question);
      case "matrix":
        return this.workspace.matrix(ask.question);
      case "egress":
        return this.workspace.egress(ask.question);
      case "graph":
        return this.workspace.graph(ask.question);
      default:
        return this.workspace[ask.method]();
    }
  }

  #put(file: SourceFile): void {
    if (this.#files.has(file.name)) {
      this.workspace.edit(file.name, file.text);
    } else {
      this.workspace.open(file.name, file.text);
    }
    this.#files.set(file.name, file.text);
  }

  #close(name: string): void {
    this.workspace.close(name);
    this.#files.delete(name);
  }

  #replace(files: SourceFile[], off: PolicyName[]): void {
    const names = new Set(files.map((file) => file.name));
    for (const name of [...this.#files.keys()].filter((name) => !names.has(name))) {
      this.#close(name);
    }
    for (const file of files) {
      if (this.#files.get(file.name) !== file.text) {
        this.#put(file);
      }
    }
    this.#switchTo(new Map(off.map((policy) => [policyKey(policy), policy])));
  }

  #switch({ namespace, name, kind }: PolicyName, on: boolean): void {
    this.workspace.switchPolicy(namespace, name, on, kind);
  }

  #switchTo(off: Map<string, PolicyName>): void {
    for (const [name, policy] of this.#off) {
      if (!off.has(name)) {
        this.#switch(policy, true);
      }
    }
    for (const policy of off.values()) {
      this.#switch(policy, false);
    }
    this.#off = off;
  }

  #configure(options: Options): void {
    this.refused = this.workspace.configure(options).error?.message;
    this.#setBaseline();
  }

  /** The baseline is made by going to its state and back. */
  #setBaseline(): void {
    if (this.#baseline === null || this.author === undefined) {
      return;
    }
    const files = [...this.#files].map(([name, text]) => ({ name, text }));
    const off = [...this.#off.values()];
    this.#replace(this.#baseline.files, this.#baseline.off);
    this.author.setBaseline();
    this.#replace(files, off);
  }
}
