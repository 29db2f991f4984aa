// The class that programs use, around the one that wasm-bindgen makes: values in, values out. The
// module answers with codes and parameters; the sentences are added here.

/** An error of the module itself, after which it is of no more use. */
export class Broken extends Error {
  constructor(cause) {
    super("the netpol module has failed and has to be loaded anew", { cause });
    this.name = "Broken";
  }
}

/** Fills a template. */
function fill(template, params) {
  return template.replace(/\{([^{}?]*)(?:\?([^{}]*))?\}/g, (_, name, text) => {
    const value = params[name];
    if (text === undefined) {
      return value ?? "";
    }
    return value === undefined ? "" : text.replaceAll("%", () => value);
  });
}

/** Values that are words themselves, in the language of the sentence: as a whole, or their kind before what is quoted. */
function told(params, values) {
  const word = (text) => values[text] ?? text.replace(/^(\w+)(?= `)/, (kind) => values[kind] ?? kind);
  return Object.fromEntries(Object.entries(params).map(([name, text]) => [name, word(text)]));
}

/** Adds its sentence to what is wrong with a file. */
export function withMessage(diagnostic, messages) {
  const { code, params, field } = diagnostic;
  const values = messages?.values;
  const sentence = fill(messages?.problems[code] ?? code, values === undefined ? params : told(params, values));
  return { ...diagnostic, message: field ? `${field}: ${sentence}` : sentence };
}

/** Adds the sentences to a response. */
function spoken(response, messages) {
  const { answer, error, diagnostics } = response;
  if (error !== undefined && error.message === undefined) {
    const template = messages?.questions[error.code] ?? messages?.requests[error.code] ?? error.code;
    response.error = { code: error.code, message: fill(template, error.params), params: error.params };
  }
  if (diagnostics !== undefined) {
    response.diagnostics = diagnostics.map((one) => withMessage(one, messages));
  }
  if (answer?.schema === "netpol.workspace/v1") {
    answer.diagnostics = answer.diagnostics.map((one) => withMessage(one, messages));
  }
  return response;
}

/**
 * Makes the class.
 *
 * @param {new () => any} Raw the class of the module
 * @param {Record<string, any>} languages the sentences of each language that is loaded, by its code
 */
export function workspaceOf(Raw, languages) {
  return class Workspace {
    #raw = new Raw();
    #language = "en";

    configure(options = {}) {
      const outcome = this.#ask("configure", JSON.stringify(options));
      this.#language = this.#call("language");
      return outcome;
    }
    open(name, text) {
      return this.#ask("open", name, text);
    }
    edit(name, text) {
      return this.#ask("edit", name, text);
    }
    close(name) {
      return this.#ask("close", name);
    }
    switchPolicy(namespace, name, on, kind) {
      return this.#ask("switchPolicy", namespace, name, on, kind);
    }
    state() {
      return this.#ask("state");
    }
    check(question) {
      return this.#ask("check", JSON.stringify(question));
    }
    matrix(question = {}) {
      return this.#ask("matrix", JSON.stringify(question));
    }
    egress(question = {}) {
      return this.#ask("egress", JSON.stringify(question));
    }
    graph(question = {}) {
      return this.#ask("graph", JSON.stringify(question));
    }
    paths(question) {
      return this.#ask("paths", JSON.stringify(question));
    }
    vocabulary() {
      return this.#ask("vocabulary");
    }
    /** The language of the options, by its code. */
    tag() {
      return this.#language;
    }
    messages() {
      const messages = languages[this.#language];
      if (messages === undefined) {
        const message = `the sentences of the language \`${this.#language}\` are not loaded`;
        return { error: { code: "not-loaded", message, params: { found: this.#language } } };
      }
      return { answer: structuredClone(messages) };
    }
    free() {
      this.#raw.free();
    }

    /** Asks something that this class does not: for the class of authors. */
    static ask(workspace, method, ...values) {
      return workspace.#ask(method, ...values);
    }

    #ask(method, ...values) {
      return spoken(JSON.parse(this.#call(method, ...values)), languages[this.#language]);
    }

    #call(method, ...values) {
      try {
        return this.#raw[method](...values);
      } catch (cause) {
        throw new Broken(cause);
      }
    }
  };
}
