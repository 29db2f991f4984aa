// For authors: the module with who comes in, the summary, what changed, lint, tests and fixes, and the sentences of these. For
// browsers, workers and bundlers; elsewhere, `load` is given the module's bytes.

import init, { Workspace as Raw } from "./netpol_authoring.js";
import { withMessage, workspaceOf } from "./workspace.js";

const SENTENCES = {
  en: () => Promise.all([import("./messages.en.js"), import("./advice.en.js")]),
  zh: () => Promise.all([import("./messages.zh.js"), import("./advice.zh.js")]),
};

const languages = {};
const advices = {};
let loading;
let module;

const Base = workspaceOf(Raw, languages);

export { Broken } from "./workspace.js";

/** The class for authors. */
export class Workspace extends Base {
  ingress(question = {}) {
    return Base.ask(this, "ingress", JSON.stringify(question));
  }
  summary() {
    return Base.ask(this, "summary");
  }
  setBaseline() {
    return Base.ask(this, "setBaseline");
  }
  diff() {
    return Base.ask(this, "diff");
  }
  lint(question = {}) {
    return Base.ask(this, "lint", JSON.stringify(question));
  }
  test() {
    const outcome = Base.ask(this, "test");
    if (outcome.answer !== undefined) {
      const messages = languages[this.tag()];
      outcome.answer.problems = outcome.answer.problems.map((one) => withMessage(one, messages));
    }
    return outcome;
  }
  fix(question) {
    return Base.ask(this, "fix", JSON.stringify(question));
  }
  advice() {
    const advice = advices[this.tag()];
    if (advice === undefined) {
      const message = `the sentences of the language \`${this.tag()}\` are not loaded`;
      return { error: { code: "not-loaded", message, params: { found: this.tag() } } };
    }
    return { answer: structuredClone(advice) };
  }
}

/** Loads the module, once, and the sentences of languages; to be awaited before the first `Workspace`. */
export async function load(source, { languages: wanted = Object.keys(SENTENCES) } = {}) {
  loading ??= init(source === undefined ? undefined : { module_or_path: source });
  try {
    [module] = await Promise.all([loading, ...wanted.map(learn)]);
  } catch (error) {
    loading = module && loading;
    throw error;
  }
}

async function learn(language) {
  if (advices[language] === undefined) {
    const [messages, advice] = await SENTENCES[language]();
    languages[language] = messages.default;
    advices[language] = advice.default;
  }
}

/** How much memory the module has, in bytes. */
export const memoryBytes = () => module?.memory.buffer.byteLength ?? 0;
