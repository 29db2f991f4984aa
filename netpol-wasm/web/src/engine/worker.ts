// Owns the module: everything that is decided is decided here, so that typing never waits.

import { load, memoryBytes, Workspace } from "netpol";
import type { Change, Ready, Request, Response } from "./protocol";
import { Session } from "./session";

declare const self: DedicatedWorkerGlobalScope;

let session: Session | undefined;

const start = async (): Promise<Ready> => {
  try {
    await load(undefined, { languages: [] });
    session = new Session(new Workspace());
    return { ready: true };
  } catch (error) {
    return { ready: false, reason: String(error) };
  }
};

const ready = start();
void ready.then((word) => self.postMessage(word));

/** Loads the sentences of the languages that changes set; what is loaded is not loaded again. */
const learn = (changes: Change[]): Promise<void> => {
  const set = changes.filter((change) => change.type === "configure");
  return load(undefined, { languages: set.map((change) => (change.options.lang === "zh" ? "zh" : "en")) });
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
