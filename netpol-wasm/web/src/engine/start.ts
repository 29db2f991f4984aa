// Starts the worker before anything else of the page is loaded: it has the most to load itself.

export const startWorker = (): Worker =>
  new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });

let first: Worker | undefined = startWorker();

/** The worker that was started with the page; later ones are new. */
export const nextWorker = (): Worker => {
  const worker = first ?? startWorker();
  first = undefined;
  return worker;
};
