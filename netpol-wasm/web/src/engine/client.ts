// The page's side of the worker. Changes are gathered and sent with the next question; every change
// makes a new generation, and an answer about an older one is dropped.

import { effect, signal } from "@preact/signals";
import type { Options, Outcome } from "netpol";
import type {
  Asks,
  Baseline,
  Change,
  PolicyName,
  Questions,
  Ready,
  Request,
  Response,
  SourceFile,
} from "./protocol";

/** What a question comes to: an answer, or nothing, as something newer was asked or has changed. */
export type Asked<Answer> = Outcome<Answer> | undefined;

interface Waiting {
  generation: number;
  request: NonNullable<Request["ask"]>;
  settle: (outcome: Outcome<unknown> | undefined) => void;
}

/** What the worker has to be told when it is started anew. */
export interface Everything {
  files: SourceFile[];
  off: PolicyName[];
  options: Options;
  baseline: Baseline | null;
}

export class Engine<Q extends Asks<Q> = Questions> {
  /** Counts the changes. */
  readonly generation = signal(0);
  /** Why the module could not be loaded, or has failed for good. */
  readonly failure = signal<string | undefined>(undefined);
  /** How long the last answer took in the worker, in milliseconds. */
  readonly took = signal(0);

  /** What the engine has refused among the options. */
  readonly refusal = signal<string | undefined>(undefined);

  #worker: Worker | undefined;
  #changes: Change[] = [];
  /** The newest question of each slot that was not sent yet. */
  #waiting = new Map<string, Waiting>();
  #flying: { id: number; waiting: Waiting | undefined } | undefined;
  #lastId = 0;
  #restarts = 0;

  constructor(
    private readonly make: () => Worker,
    private readonly everything: () => Everything,
  ) {
    this.#start();
  }

  /** Makes a change; the next questions are about what it comes to. */
  change(change: Change): void {
    const last = this.#changes.at(-1);
    if (change.type === "put" && last?.type === "put" && last.file.name === change.file.name) {
      this.#changes.pop();
    }
    this.#changes.push(change);
    for (const [slot, waiting] of this.#waiting) {
      this.#waiting.delete(slot);
      waiting.settle(undefined);
    }
    // Last: whoever follows the generation asks at once.
    this.generation.value += 1;
  }

  /** Asks; a newer question of the same slot takes the place of one that was not sent yet. */
  ask<M extends keyof Q>(slot: string, method: M, question: Q[M][0]): Promise<Asked<Q[M][1]>> {
    return new Promise((resolve) => {
      this.#waiting.get(slot)?.settle(undefined);
      this.#waiting.set(slot, {
        generation: this.generation.peek(),
        request: { method, question } as Waiting["request"],
        settle: (outcome) => resolve(outcome as Asked<Q[M][1]>),
      });
      this.#send();
    });
  }

  /** Calls back with every answer to what `question` says, anew with every change. */
  watch<M extends keyof Q>(
    slot: string,
    method: M,
    question: () => Q[M][0] | undefined,
    answered: (outcome: Outcome<Q[M][1]>) => void,
  ): () => void {
    return effect(() => {
      this.generation.value;
      const asked = question();
      if (asked !== undefined) {
        void this.ask(slot, method, asked).then((outcome) => outcome && answered(outcome));
      }
    });
  }

  #start(): void {
    const worker = this.make();
    const { files, off, options, baseline } = this.everything();
    this.#worker = worker;
    this.#flying = undefined;
    this.#changes = [
      { type: "configure", options },
      { type: "replace", files, off },
      { type: "baseline", baseline },
    ];
    worker.onmessage = (event: MessageEvent<Ready | Response>) => {
      if (worker !== this.#worker) {
        return;
      }
      if ("ready" in event.data) {
        this.failure.value = event.data.ready ? undefined : event.data.reason;
      } else {
        this.#arrived(event.data);
      }
    };
    worker.onerror = (event) => this.#restart(event.message);
  }

  #restart(reason: string): void {
    this.#worker?.terminate();
    this.#flying?.waiting?.settle(undefined);
    this.#restarts += 1;
    if (this.#restarts > 3) {
      this.failure.value = reason;
      return;
    }
    this.#start();
    this.generation.value += 1;
  }

  #send(): void {
    if (this.#flying !== undefined) {
      return;
    }
    const next = this.#waiting.entries().next();
    if (next.done) {
      return;
    }
    const [slot, waiting] = next.value;
    this.#waiting.delete(slot);
    this.#lastId += 1;
    const request: Request = { id: this.#lastId, changes: this.#changes, ask: waiting.request };
    this.#changes = [];
    this.#flying = { id: request.id, waiting };
    this.#worker?.postMessage(request);
  }

  #arrived(response: Response): void {
    if (this.#flying?.id !== response.id) {
      return;
    }
    const waiting = this.#flying.waiting;
    if (response.broken !== undefined) {
      this.#restart(response.broken);
      return;
    }
    this.#flying = undefined;
    this.#restarts = 0;
    this.took.value = response.took;
    this.refusal.value = response.refused;
    const fresh = waiting !== undefined && waiting.generation === this.generation.peek();
    waiting?.settle(fresh ? response.outcome : undefined);
    this.#send();
  }
}
