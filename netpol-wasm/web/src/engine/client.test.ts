import { expect, test } from "vitest";
import { Engine } from "./client";
import type { Request } from "./protocol";

/** A worker that answers when it is told to. */
class Played {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((event: { message: string }) => void) | null = null;
  readonly got: Request[] = [];
  terminated = false;

  postMessage(request: Request): void {
    this.got.push(request);
  }
  terminate(): void {
    this.terminated = true;
  }
  answer(what: Record<string, unknown> = {}): void {
    const id = this.got.at(-1)?.id;
    this.onmessage?.({ data: { id, outcome: { answer: id }, took: 1, ...what } });
  }
}

function engine() {
  const workers: Played[] = [];
  const made = new Engine(
    () => {
      const worker = new Played();
      workers.push(worker);
      return worker as unknown as Worker;
    },
    () => ({ files: [], off: [], options: {}, baseline: null }),
  );
  return { made, workers, worker: () => workers.at(-1) as Played };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test("an answer about what has changed since is dropped", async () => {
  const { made, worker } = engine();
  const first = made.ask("check", "state", null);
  made.change({ type: "put", file: { name: "a", text: "1" } });
  worker().answer();
  expect(await first).toBeUndefined();
  const second = made.ask("check", "state", null);
  expect(worker().got.at(-1)?.changes).toEqual([{ type: "put", file: { name: "a", text: "1" } }]);
  worker().answer();
  expect(await second).toEqual({ answer: 2 });
});

test("of the questions of a slot only the newest is sent, and typing is gathered", async () => {
  const { made, worker } = engine();
  const flying = made.ask("check", "state", null);
  const older = made.ask("check", "state", null);
  const newest = made.ask("check", "state", null);
  expect(await older).toBeUndefined();
  worker().answer();
  expect(await flying).toEqual({ answer: 1 });
  expect(worker().got.length).toBe(2);
  worker().answer();
  expect(await newest).toEqual({ answer: 2 });

  void made.ask("other", "state", null);
  for (const text of ["1", "12", "123"]) {
    made.change({ type: "put", file: { name: "a", text } });
  }
  void made.ask("check", "state", null);
  worker().answer();
  expect(worker().got.at(-1)?.changes).toEqual([{ type: "put", file: { name: "a", text: "123" } }]);
});

test("who follows a question is told anew with every change", async () => {
  const { made, worker } = engine();
  const told: unknown[] = [];
  const stop = made.watch(
    "check",
    "state",
    () => null,
    (found) => told.push(found),
  );
  worker().answer();
  await settled();
  made.change({ type: "close", name: "a" });
  worker().answer();
  await settled();
  expect(told).toEqual([{ answer: 1 }, { answer: 2 }]);
  stop();
  made.change({ type: "close", name: "a" });
  expect(worker().got.length).toBe(2);
});

test("a module that fails is started anew, but not for ever", async () => {
  const { made, workers, worker } = engine();
  for (let i = 0; i < 4; i += 1) {
    void made.ask("check", "state", null);
    worker().answer({ broken: "unreachable" });
    await settled();
  }
  expect(workers.length).toBe(4);
  expect(workers[0]?.terminated).toBe(true);
  expect(made.failure.value).toBe("unreachable");
});
