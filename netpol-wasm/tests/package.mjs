// Tests the package for npm: node package.mjs FOLDER, where FOLDER holds what `npm pack` wrote.
//
// The package is installed as a program would install it, and asked; its size is held to a limit;
// and its declarations are held to what it really answers: answers about all examples are written as
// TypeScript literals of the declared types, which the compiler has to accept.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

/** What the modules may cost to load, in bytes of gzip. */
const LIMITS = { netpol_wasm_bg: 450_000, netpol_authoring_bg: 730_000 };

const folder = process.argv[2];
if (folder === undefined) {
  console.error("usage: node package.mjs FOLDER");
  process.exit(2);
}
const root = fileURLToPath(new URL("../..", import.meta.url));
const packed = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
assert.equal(packed.length, 1, `one package in ${folder}: ${packed}`);

const project = mkdtempSync(join(tmpdir(), "netpol-package-"));
process.on("exit", () => rmSync(project, { recursive: true, force: true }));
writeFileSync(join(project, "package.json"), '{ "name": "asks", "private": true, "type": "module" }\n');
execFileSync("npm", ["install", "--no-audit", "--no-fund", "--silent", resolve(folder, packed[0])], { cwd: project });
const installed = join(project, "node_modules/netpol");

for (const [name, limit] of Object.entries(LIMITS)) {
  const wasm = readFileSync(join(installed, `${name}.wasm`));
  const gzip = gzipSync(wasm, { level: 9 }).length;
  console.log(`${name}: ${wasm.length} bytes, ${gzip} with gzip (at most ${limit})`);
  assert.ok(gzip <= limit, `${name} has ${gzip} bytes with gzip, more than ${limit}`);
}

// --- asking, as a program of its own -------------------------------------------------------------

const asks = `
import assert from "node:assert/strict";
import { load, Workspace } from "netpol";
await load();
const workspace = new Workspace();
workspace.open("pods.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: a}}\\n---\\n{apiVersion: v1, kind: Pod, metadata: {name: b}}\\n");
assert.equal(workspace.check({ from: "a", to: "b", port: "80" }).answer.verdict, "allow");
workspace.open("deny.yaml", "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny}, spec: {podSelector: {}}}");
assert.equal(workspace.check({ from: "a", to: "b", port: "80" }).answer.verdict, "deny");
const broken = workspace.open("broken.yaml", "kind: [\\n");
assert.equal(broken.answer, null);
const { error, diagnostics } = workspace.check({ from: "a", to: "b" });
assert.equal(error.code, "input-errors");
assert.equal(diagnostics[0].place.file, "broken.yaml");
assert.equal(diagnostics[0].severity, "error");
workspace.close("broken.yaml");
// Every error and diagnostic has its sentence, in the language of the options.
workspace.open("name.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: Not A Name}}");
const told = () => [
  workspace.open("name.yaml", "").error,
  workspace.check({ from: "a", to: "b", ports: "1" }).error,
  workspace.check({ from: "a", to: "b" }).error,
  workspace.configure({ profile: "none" }).error,
  workspace.close("none.yaml").error,
  workspace.check({ from: "a", to: "b" }).diagnostics[0],
  workspace.state().answer.diagnostics[0],
];
const english = told();
assert.deepEqual(english.map((one) => one.code), [
  "already-open", "invalid-request", "input-errors", "unknown-profile", "not-open", "invalid-name", "invalid-name",
]);
assert.equal(english[0].message, "a file \`name.yaml\` is open already; edit it, or close it first");
assert.match(english[3].message, /^there is no profile \`none\`; accepted are generic, /);
assert.match(english[5].message, /^metadata\\.name: \`Not A Name\` is not /);
// Numbers with a point are told as they stand.
assert.match(workspace.check({ from: 1.5, to: "b" }).error.message, /\\b1\\.5\\b/);
const point = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {hostNetwork: 1.5, containers: 2.5}}";
workspace.open("point.yaml", point);
assert.match(workspace.state().answer.diagnostics.map((one) => one.message).join(), /\\b[12]\\.5\\b/);
workspace.edit("point.yaml", JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec: { hostNetwork: 1.5 } }));
assert.match(workspace.state().answer.diagnostics.map((one) => one.message).join(), /\\b1\\.5\\b/);
workspace.edit("point.yaml", '{"apiVersion": 1.5, "kind": 2.5}');
assert.notEqual(workspace.state().answer.diagnostics.length, 0);
workspace.close("point.yaml");
assert.equal(workspace.configure({ lang: "zh_CN.UTF-8" }).answer, null);
const chinese = told();
for (const [at, { code, message }] of chinese.entries()) {
  assert.equal(code, english[at].code);
  assert.match(message, /\\p{Script=Han}/u);
  assert.doesNotMatch(message, /[{}]/);
}
assert.match(chinese[5].message, /^metadata\\.name: \`Not A Name\` /);
workspace.close("name.yaml");
assert.match(workspace.check({ from: "aa", to: "b" }).error.message, /\\p{Script=Han}/u);
workspace.configure();
assert.match(workspace.check({ from: "aa", to: "b" }).error.message, /^[ -~]+$/);
// An error does not spoil the module for the next question.
assert.equal(workspace.check({ from: "nobody", to: "b" }).error.code, "unknown-name");
assert.equal(workspace.check({ from: "a", to: "b", port: "80" }).answer.verdict, "deny");
workspace.free();
`;
writeFileSync(join(project, "asks.js"), asks);
execFileSync("node", ["asks.js"], { cwd: project, stdio: "inherit" });
// Where no bundler knows the conditions, the page's entry is the same class over a module that is given.
const web = `
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { load, Workspace } from "netpol/web";
await load(readFileSync(new URL(import.meta.resolve("netpol/netpol_wasm_bg.wasm"))), { languages: ["zh"] });
const workspace = new Workspace();
assert.equal(workspace.state().answer.schema, "netpol.workspace/v1");
// A language is loaded when it is asked for, and the module once.
assert.equal(workspace.close("none.yaml").error.message, "not-open");
assert.equal(workspace.messages().error.code, "not-loaded");
workspace.configure({ lang: "zh" });
assert.match(workspace.close("none.yaml").error.message, /\\p{Script=Han}/u);
workspace.configure();
await load();
assert.match(workspace.close("none.yaml").error.message, /none\\.yaml/);
assert.equal(workspace.messages().answer.schema, "netpol.messages/v1");
`;
writeFileSync(join(project, "web.js"), web);
execFileSync("node", ["web.js"], { cwd: project, stdio: "inherit" });
const authoring = `
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { load, Workspace } from "netpol/authoring";
await load(readFileSync(new URL(import.meta.resolve("netpol/netpol_authoring_bg.wasm"))));
const workspace = new Workspace();
const policy = (metadata) => "apiVersion: networking.k8s.io/v1\\nkind: NetworkPolicy\\nmetadata: " + metadata + "\\nspec: {podSelector: {matchLabels: {app: none}}}";
workspace.open("pods.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: a}}\\n---\\n{apiVersion: v1, kind: Pod, metadata: {name: b}}\\n");
workspace.open("deny.yaml", policy("{name: deny}"));
const finding = workspace.lint().answer.findings.find(({ rule }) => rule === "selects-nothing");
assert.equal(finding.place.file, "deny.yaml");
assert.match(workspace.advice().answer.rules["selects-nothing"].why, /[a-z]/);
workspace.edit("deny.yaml", policy("{name: deny, annotations: {lint.netpol.dev/ignore-select-nothing: known}}"));
assert.match(workspace.lint().diagnostics[0].message, /select-nothing/);
workspace.configure({ lang: "zh" });
assert.match(workspace.lint().diagnostics[0].message, /\\p{Script=Han}/u);
assert.match(workspace.advice().answer.rules["selects-nothing"].why, /\\p{Script=Han}/u);
workspace.configure();
assert.equal(workspace.check({ from: "a", to: "b", port: "80" }).answer.verdict, "allow");
const { fix, edits } = workspace.fix({ from: "a", to: "b", port: "80", wanted: "deny" }).answer;
assert.equal(fix.fixes.length, edits.length);
assert.ok(edits.length > 0);
workspace.open("tests.yaml", "{apiVersion: netpol.dev/v1alpha1, kind: ConnectivityTest, metadata: {name: t}, resources: [pods.yaml], tests: [{name: one, from: a, to: b, expect: maybe}]}");
assert.match(workspace.test().answer.problems[0].message, /maybe/);
assert.match(workspace.diff().error.message, /^there is no baseline/);
assert.equal(workspace.setBaseline().answer, null);
assert.equal(workspace.diff().answer.same, true);
workspace.edit("deny.yaml", policy("{name: deny}").replace("{matchLabels: {app: none}}", "{}"));
assert.ok(workspace.diff().answer.changes.length > 0);
`;
writeFileSync(join(project, "authoring.js"), authoring);
execFileSync("node", ["authoring.js"], { cwd: project, stdio: "inherit" });
console.log("the package is installed and asked");

// --- the declarations ----------------------------------------------------------------------------

const { Workspace } = await import(pathToFileURL(join(installed, "node.js")).href);
const author = await import(pathToFileURL(join(installed, "authoring.js")).href);
await author.load(readFileSync(join(installed, "netpol_authoring_bg.wasm")));
const literals = [];
const add = (type, outcome) => {
  literals.push(`export const a${literals.length}: Outcome<${type}> = ${JSON.stringify(outcome)};`);
  return outcome;
};

function examples(at) {
  const entries = readdirSync(at, { withFileTypes: true });
  const own = entries.some((entry) => entry.name === "questions.txt") ? [at] : [];
  return [...own, ...entries.filter((entry) => entry.isDirectory()).flatMap((entry) => examples(join(at, entry.name)))];
}

let asked = 0;
for (const example of examples(join(root, "examples"))) {
  const workspace = new Workspace();
  for (const name of readdirSync(example).filter((name) => name.endsWith(".yaml"))) {
    workspace.open(name, readFileSync(join(example, name), "utf8"));
  }
  for (const line of readFileSync(join(example, "questions.txt"), "utf8").split("\n")) {
    const match = /^(\S+)\s+(\S+)(?:\s+(\S+))?\s+=>\s+(\S+)$/.exec(line.trim());
    if (match !== null) {
      const [, from, to, port = "", verdict] = match;
      const { answer } = add("CheckAnswer", workspace.check({ from, to, port }));
      assert.equal(answer.verdict, verdict, `${example}: ${line}`);
      asked += 1;
    }
  }
  for (const by of ["workload", "pod", "namespace"]) {
    add("MatrixAnswer", workspace.matrix({ by }));
  }
  add("EgressAnswer", workspace.egress());
  add("EgressAnswer", workspace.egress({ to: "world" }));
  add("GraphAnswer", workspace.graph());
  add("GraphAnswer", workspace.graph({ by: "namespace", port: "53/udp" }));
  const [first] = workspace.vocabulary().answer.workloads;
  add("PathsAnswer", workspace.paths({ from: first }));
  add("PathsAnswer", workspace.paths({ from: first, to: "world", port: "443" }));
  add("Vocabulary", workspace.vocabulary());
  const [policy] = add("State", workspace.state()).answer.policies;
  add("null", workspace.switchPolicy(policy.namespace, policy.name, false, policy.kind));
  add("null", workspace.configure({ lang: "zh", keepGoing: true, profile: "np-guard", podCidrs: ["10.0.0.0/8"] }));
  add("null", workspace.open("broken.yaml", "kind: Pod\napiVersion: v1\nmetadata: {name: NO}\n---\n- 1\n"));
  add("State", workspace.state());
  add("null", workspace.configure({ profile: "none" }));
  add("null", workspace.configure());
  add("CheckAnswer", workspace.check({ from: first, to: "world" }));
  add("Messages", workspace.messages());
  workspace.free();
}
for (const example of examples(join(root, "examples"))) {
  const workspace = new author.Workspace();
  for (const name of readdirSync(example).filter((name) => name.endsWith(".yaml"))) {
    workspace.open(name, readFileSync(join(example, name), "utf8"));
  }
  add("null", workspace.setBaseline());
  const [policy] = workspace.state().answer.policies;
  add("null", workspace.switchPolicy(policy.namespace, policy.name, false, policy.kind));
  add("DiffAnswer", workspace.diff());
  add("null", workspace.switchPolicy(policy.namespace, policy.name, true, policy.kind));
  add("IngressAnswer", workspace.ingress());
  add("SummaryAnswer", workspace.summary());
  add("LintAnswer", workspace.lint({ today: "2027-01-01" }));
  add("TestsAnswer", workspace.test());
  const { workloads } = workspace.vocabulary().answer;
  for (const wanted of ["allow", "deny"]) {
    add("WaysAnswer", workspace.fix({ from: workloads[0], to: workloads.at(-1), wanted }));
  }
  add("Advice", workspace.advice());
  workspace.free();
}
console.log(`${asked} questions of the examples are answered as they say`);

const types = "CheckAnswer DiffAnswer EgressAnswer GraphAnswer IngressAnswer MatrixAnswer Messages Outcome PathsAnswer State SummaryAnswer Vocabulary";
mkdirSync(join(project, "types"));
const authorTypes = "import type { Advice, LintAnswer, TestsAnswer, WaysAnswer } from \"netpol/authoring\";";
const text = `import type { ${types.split(" ").join(", ")} } from "netpol";\n${authorTypes}\n${literals.join("\n")}\n`;
writeFileSync(join(project, "types/answers.ts"), text);
// What the declarations do not know has to be refused, or the test would say nothing.
writeFileSync(
  join(project, "types/refused.ts"),
  `import { type CheckAnswer, type Outcome, Workspace } from "netpol";
export const good: Outcome<CheckAnswer> = new Workspace().check({ from: "a", to: "b" });
// @ts-expect-error a question has no such field
new Workspace().check({ from: "a", to: "b", ports: "80" });
// @ts-expect-error an answer has no such field
export const bad: CheckAnswer["parts"][number] = { verdict: "allow", from: [], to: [], traffic: {}, extra: 1 };
`,
);
const config = {
  compilerOptions: {
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    target: "ES2022",
    module: "NodeNext",
    lib: ["ES2022", "DOM"],
    types: [],
  },
  include: ["types"],
};
writeFileSync(join(project, "tsconfig.json"), JSON.stringify(config));
const tsc = join(root, "netpol-wasm/web/node_modules/typescript/bin/tsc");
execFileSync("node", [tsc, "--project", project], { stdio: "inherit" });
console.log(`${literals.length} answers have the declared types`);
