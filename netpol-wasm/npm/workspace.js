// The class that programs use, around the one that wasm-bindgen makes: values in, values out.

/** An error of the module itself, after which it is of no more use. */
export class Broken extends Error {
  constructor(cause) {
    super("the netpol module has failed and has to be loaded anew", { cause });
    this.name = "Broken";
  }
}

/**
 * Makes the class.
 *
 * @param {new () => any} Raw the class of the module
 */
export function workspaceOf(Raw) {
  return class Workspace {
    #raw = new Raw();

    configure(options = {}) {
      return this.#ask("configure", JSON.stringify(options));
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
    switchPolicy(namespace, name, on) {
      return this.#ask("switchPolicy", namespace, name, on);
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
    ingress(question = {}) {
      return this.#ask("ingress", JSON.stringify(question));
    }
    summary() {
      return this.#ask("summary");
    }
    graph(question = {}) {
      return this.#ask("graph", JSON.stringify(question));
    }
    paths(question) {
      return this.#ask("paths", JSON.stringify(question));
    }
    setBaseline() {
      return this.#ask("setBaseline");
    }
    diff() {
      return this.#ask("diff");
    }
    vocabulary() {
      return this.#ask("vocabulary");
    }
    messages() {
      return this.#ask("messages");
    }
    free() {
      this.#raw.free();
    }

    #ask(method, ...values) {
      let text;
      try {
        text = this.#raw[method](...values);
      } catch (cause) {
        throw new Broken(cause);
      }
      return JSON.parse(text);
    }
  };
}
