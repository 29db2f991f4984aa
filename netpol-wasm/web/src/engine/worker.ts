// Owns the module: everything that is decided is decided here, so that typing never waits.

import { load, memoryBytes, Workspace } from "netpol";
import type { Ready, Request, Response } from "./protocol";
import { Session } from "./session";

declare const self: DedicatedWorkerGlobalScope;

let session: Session | undefined;

const start = async (): Promise<Ready> => {
  try {
    await load();
    session = new Session(new Workspace());
    return { ready: true };
  } catch (error) {
    return { ready: false, reason: String(error) };
  }
};

const ready = start();
void ready.then((word) => self.postMessage(word));

self.onmessage = async (event: MessageEvent<Request>) => {
  await ready;
  const { id, changes, ask } = event.data;
  const started = performance.now();
  const response: Response = { id, took: 0, memory: 0 };
  try {
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
