// What a worker does with requests, whichever module it owns.

import type { Options, Outcome } from "netpol";
import type { Change, Ready, Request, Response } from "./protocol";

declare const self: DedicatedWorkerGlobalScope;

/** A module, and a session of it. */
export interface Served {
  /** Loads the module, once, and the sentences of these languages. */
  load(languages: ("en" | "zh")[]): Promise<void>;
  start(): {
    readonly refused: string | undefined;
    change(change: Change): void;
    ask(ask: NonNullable<Request["ask"]>): Outcome<unknown>;
  };
  memoryBytes(): number;
}

const tag = (options: Options): "en" | "zh" => (options.lang === "zh" ? "zh" : "en");

export function serve({ load, start, memoryBytes }: Served): void {
  let session: ReturnType<Served["start"]> | undefined;
  const begin = async (): Promise<Ready> => {
    try {
      await load([]);
      session = start();
      return { ready: true };
    } catch (error) {
      return { ready: false, reason: String(error) };
    }
  };
  const ready = begin();
  void ready.then((word) => self.postMessage(word));

  /** Loads the sentences of the languages that changes set; what is loaded is not loaded again. */
  const learn = (changes: Change[]): Promise<void> => {
    const set = changes.filter((change) => change.type === "configure");
    return load(set.map((change) => tag(change.options)));
  };

  self.onmessage = async (event: MessageEvent<Request>) => {
    const { id, changes, ask } = event.data;
    const response: Response = { id, took: 0, memory: 0 };
    let started = performance.now();
    try {
      const learned = learn(changes);
      learned.catch(() => {}); // Where there is no module, that has been said.
      await ready;
      if (session !== undefined) {
        await learned;
      }
      started = performance.now();
      for (const change of changes) {
        session?.change(change);
      }
      if (session?.refused !== undefined) {
        response.refused = session.refused;
      }
      if (ask !== undefined && session !== undefined) {
        response.outcome = session.ask(ask);
      }
    } catch (error) {
      response.broken = String(error);
    }
    response.memory = memoryBytes();
    response.took = performance.now() - started;
    self.postMessage(response);
  };
}
