// The part of the page for authors: lint, tests and fixes. It is loaded when the first answer is there,
// and asks a module of its own.

export { engine } from "./engine";
export { Fixes } from "./Fixes";
export { Lint } from "./Lint";
export { Tests } from "./Tests";
