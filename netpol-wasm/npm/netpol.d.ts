/**
 * netpol for JavaScript: says what Kubernetes network policies really do.
 *
 * ```js
 * import { load, Workspace } from "netpol";
 *
 * await load();
 * const workspace = new Workspace();
 * workspace.open("cluster.yaml", text);
 * const { answer, error } = workspace.check({ from: "shop/web", to: "shop/db", port: "5432" });
 * console.log(answer?.verdict ?? error.message);
 * ```
 *
 * Peers and ports are written as on the command line (`netpol check --help`); answers have the form
 * that it prints with `-o json`, in the versions that `schema` names.
 */

/**
 * Loads the module, and the sentences of languages; to be awaited before the first `Workspace`, and
 * again where more languages are to be loaded. In Node.js there is nothing left to load. In browsers,
 * `source` says where the module is, if it is not beside the package's own files.
 */
export function load(
  source?: string | URL | Request | Response | BufferSource | WebAssembly.Module,
  options?: LoadOptions,
): Promise<void>;

/** What to load beside the module. */
export interface LoadOptions {
  /**
   * Whose sentences to load: all languages if not given. The `message` of a code is the code itself
   * in a language that was not loaded, and `messages` is an error.
   */
  languages?: Language[];
}

/** A language of messages. */
export type Language = "en" | "zh";

/** How much memory the module has, in bytes; it grows with what is open, and does not shrink. */
export function memoryBytes(): number;

/** Files, and the state of the cluster that they describe. */
export class Workspace {
  constructor();
  /** Sets all options, those that are not named to their defaults. The baseline is given up. */
  configure(options?: Options): Outcome<null>;
  /** Adds a file of a name that no open file has. */
  open(name: string, text: string): Outcome<null>;
  /** Gives an open file another text. */
  edit(name: string, text: string): Outcome<null>;
  /** Takes an open file out. */
  close(name: string): Outcome<null>;
  /**
   * Switches a policy off without taking it out of its file, or on again: a NetworkPolicy, or with
   * its `kind` and an empty namespace one of the administrative tiers.
   */
  switchPolicy(namespace: string, name: string, on: boolean, kind?: string): Outcome<null>;
  /** What is open, what is wrong with it, and which policies there are. */
  state(): Outcome<State>;
  /** Can `from` reach `to` on `port`, and why? */
  check(question: CheckQuestion): Outcome<CheckAnswer>;
  /** Every pair at once. */
  matrix(question?: MatrixQuestion): Outcome<MatrixAnswer>;
  /** What each workload can reach outside of the cluster; with `to`, who can reach that. */
  egress(question?: EgressQuestion): Outcome<EgressAnswer>;
  /** The connectivity graph. */
  graph(question?: GraphQuestion): Outcome<GraphAnswer>;
  /** Over which hops can one end get to another; without `to`, how far does it get? */
  paths(question: PathsQuestion): Outcome<PathsAnswer>;
  /** The names that the cluster knows, for completion; of the last state that could be used. */
  vocabulary(): Outcome<Vocabulary>;
  /** The sentences of all codes of its answers, in the language of the options. */
  messages(): Outcome<Messages>;
  /** Gives the memory back; the workspace is of no use then. */
  free(): void;
}

/** Thrown when the module itself has failed; it has to be loaded anew. */
export class Broken extends Error {}

/** Either an answer or an error; `diagnostics` say what is wrong with the files. */
export type Outcome<Answer> =
  | { answer: Answer; error?: undefined; diagnostics?: undefined }
  | { answer?: undefined; error: Problem; diagnostics?: Diagnostic[] };

/** Values of a sentence, by name. */
export type Params = Record<string, string>;

/** A request or question that cannot be answered as it stands. */
export interface Problem {
  /** For instance `unknown-name`; `input-errors` if the files cannot be used. */
  code: string;
  /** The sentence, in the language of the options. */
  message: string;
  params: Params;
}

/** How to read and what to assume. */
export interface Options {
  /** The namespace of objects and peers that name none; `default` if not given. */
  namespace?: string;
  /** What to assume where the specification leaves a choice: `generic` if not given. */
  profile?: string;
  /** Where pods get their addresses, as CIDR blocks. */
  podCidrs?: string[];
  /** Where Services get theirs. */
  serviceCidrs?: string[];
  /** Policy kinds that are not modelled, to act as if they were not there. */
  ignoreKinds?: string[];
  /** Addresses of domain names: `NAME=ADDRESS`, or several addresses with commas between them. */
  resolve?: string[];
  /**
   * Who carries what enters by Ingresses and routes, each as a peer (`NAMESPACE/NAME`): in place of
   * the controllers that are told by their labels. One that is not in the files is an error of
   * `ingress` and `summary`.
   */
  ingressControllers?: string[];
  /** Answer even where part of the files has errors. */
  keepGoing?: boolean;
  /** The language of messages: `en`, `zh`, or a locale. */
  lang?: string;
}

export interface CheckQuestion {
  from: string;
  to: string;
  /** Not given or empty: every port of TCP, UDP and SCTP. */
  port?: string;
}

export interface MatrixQuestion {
  by?: Grain;
  from?: string | null;
  to?: string | null;
  port?: string | null;
}

export interface EgressQuestion {
  from?: string | null;
  to?: string | null;
}

export interface IngressQuestion {
  to?: string | null;
}

export interface GraphQuestion {
  by?: "auto" | "workload" | "namespace";
  from?: string | null;
  to?: string | null;
  port?: string | null;
}

export interface PathsQuestion {
  from: string;
  to?: string | null;
  port?: string | null;
  /** The traffic of the hops before the last. */
  viaPort?: string | null;
  /** Also over traffic that is undefined. */
  undefined?: boolean;
}

// --- places -------------------------------------------------------------------------------------

/** A place in a file. Lines and columns count from 1, columns in characters; bytes from 0. */
export interface Place {
  file: string;
  /** First byte of the UTF-8 text. */
  start: number;
  /** One past the last byte. */
  end: number;
  line: number;
  column: number;
}

/** Something that is wrong with a file. */
export interface Diagnostic {
  /** Where; `null` when only the file is known. */
  place: Place | null;
  file: string | null;
  severity: "error" | "warning" | "note";
  code: string;
  params: Params;
  /** The field path, such as `spec.egress[0].ports[1].port`. */
  field: string | null;
  /** The object, as `Kind namespace/name`. */
  object: string | null;
  /** The sentence, in the language of the options. */
  message: string;
}

/** A policy that can be switched. */
export interface PolicySwitch {
  /** Empty for policies of the administrative tiers. */
  namespace: string;
  name: string;
  /** NetworkPolicy, or a kind of the administrative tiers. */
  kind: string;
  file: string;
  line: number;
  on: boolean;
}

/** What is open. */
export interface State {
  schema: "netpol.workspace/v1";
  /** Whether questions can be answered. */
  usable: boolean;
  files: string[];
  /** How many objects of each kind are used. */
  objects: Record<string, number>;
  /** How many objects have no meaning here (`apiVersion Kind`). */
  passed_over: Record<string, number>;
  policies: PolicySwitch[];
  diagnostics: Diagnostic[];
}

// --- what answers are made of -------------------------------------------------------------------

export type Verdict = "allow" | "deny" | "undefined" | "mixed";
export type Family = "IPv4" | "IPv6";
export type Grain = "workload" | "pod" | "namespace";
export type Relation = "itself" | "others" | "same-node" | "other-nodes" | "unknown-nodes";

export type Protocol = "TCP" | "UDP" | "SCTP" | "ICMP";

/** Inclusive ranges by protocol: ports 1–65535; for ICMP, type × 256 + code. */
export type Traffic = Partial<Record<Protocol, [number, number][]>>;

/** An end of a connection. */
export interface Peer {
  type:
    | "workload"
    | "pod"
    | "namespace"
    | "node"
    | "nodes"
    | "service"
    | "addresses"
    | "name"
    | "ingress-controller"
    | "hypothetical";
  namespace?: string;
  kind?: string;
  name?: string;
  /** The pods that are meant, when these are not all of the workload. */
  pods?: string[];
  /** Whether those that the workload's template will make are meant, beside `pods`. */
  template?: true;
  /** Of `nodes`, those that are meant, when these are not all. */
  nodes?: string[];
  /** The addresses, as CIDR blocks. */
  cidrs?: string[];
}

export interface PolicyRef {
  kind: string;
  namespace?: string;
  name: string;
}

/** The node of a policy that a reason rests on. */
export interface Origin {
  policy: PolicyRef;
  /** The field path, such as `spec.egress[1].to[0]`. */
  field: string;
  place?: Place;
  /** The entry of the rule's `ports` that covers the port. */
  port?: { field: string; place: Place };
}

/** Why a direction is decided as it is. The sentence of `code` is among the `codes` of `Messages`. */
export interface Reason {
  code: string;
  params?: Params;
  origin?: Origin;
  traffic: Traffic;
}

export interface DirectionAnswer {
  direction: "egress" | "ingress";
  verdict: Verdict;
  isolated_by: PolicyRef[];
  reasons: Reason[];
  /** For a deny: the rules that come nearest to allowing it, best first. */
  near_misses?: Reason[];
}

export interface Note {
  code: string;
  params?: Params;
}

/** What an answer rests on. */
export interface Basis {
  profile: string;
  /** Options that are not those of the profile itself. */
  profile_options?: Record<string, string>;
  objects: Record<string, number>;
  passed_over?: Record<string, number>;
  left_out: string[];
  ignored_kinds?: string[];
  assumptions: Note[];
}

// --- answers ------------------------------------------------------------------------------------

export interface Part {
  verdict: Exclude<Verdict, "mixed">;
  from: Peer[];
  to: Peer[];
  relation?: Relation;
  families?: Family[];
  traffic: Traffic;
  via?: { service: Peer; traffic: Traffic };
  egress: DirectionAnswer;
  ingress: DirectionAnswer;
}

export interface CheckAnswer {
  schema: "netpol.check/v1";
  verdict: Verdict;
  question: { from: string; to: string; port: string };
  /** Together they are exactly what was asked. */
  parts: Part[];
  notes: Note[];
  basis: Basis;
}

export interface Connection {
  from: Peer;
  to: Peer;
  relation?: Relation;
  families?: Family[];
  allow: Traffic;
  undefined?: Traffic;
}

export interface MatrixAnswer {
  schema: "netpol.matrix/v1";
  by: Grain;
  traffic: Traffic;
  endpoints: Peer[];
  connections: Connection[];
  basis: Basis;
}

/** What can be reached, on which ports. */
export interface Opening {
  to: Peer;
  relation?: Relation;
  families?: Family[];
  allow: Traffic;
  undefined?: Traffic;
}

export interface DnsReach {
  verdict: Verdict;
  udp: Verdict;
  tcp: Verdict;
  resolvers: Opening[];
  node_local?: Verdict;
  outside: Opening[];
}

export interface EgressOf {
  peer: Peer;
  host_network?: true;
  isolated_by: PolicyRef[];
  /** The policies of the administrative tiers that have rules for it. */
  ruled_by?: PolicyRef[];
  /** Addresses outside. */
  outside: Opening[];
  /** Domain names that rules are about. */
  names?: { name: string; allow: Traffic; undefined?: Traffic }[];
  /** Addresses of the cluster. */
  cluster: (Opening & { range: "pods" | "services" | "nodes" })[];
  dns?: DnsReach;
  metadata: { address: string; provider: string; verdict: Verdict }[];
  api_server: Opening[];
  findings: Note[];
}

export interface EgressAnswer {
  schema: "netpol.egress/v1";
  question: { peer?: string; to?: string };
  outside: Peer;
  ranges: { range: "pods" | "services" | "nodes"; addresses: Peer }[];
  workloads: EgressOf[];
  reached_by?: { to: Peer; allow: Traffic; undefined?: Traffic; from: Peer[] }[];
  notes: Note[];
  basis: Basis;
}

export interface Source {
  /** Beside `everybody`, only who else. */
  from: Peer[];
  relation?: Relation;
  families?: Family[];
  /** All pods of the input but those on their node's network, which are not named one by one. */
  everybody?: true;
  allow: Traffic;
  undefined?: Traffic;
}

export interface IngressOf {
  peer: Peer;
  host_network?: true;
  isolated_by: PolicyRef[];
  /** The policies of the administrative tiers that have rules for it. */
  ruled_by?: PolicyRef[];
  inside: Source[];
  nodes: Source[];
  outside: Source[];
  findings: Note[];
}

/** An object of the input; `place` is where it names what is behind it. */
export interface ObjectRef {
  kind: string;
  namespace?: string;
  name: string;
  /** Of one webhook among several, its name. */
  webhook?: string;
  place?: Place;
}

/** A way in: from outside by an entry point, or of the API server to what it calls. */
export interface EntryPoint {
  object: ObjectRef;
  /** None: every host. */
  hosts?: string[];
  /** None: every path. */
  paths?: string[];
  verdict: Verdict;
  /** How those who come in get to the pods; `from` is who carries them. */
  parts: Part[];
  /** What is wrong with it: then it leads nowhere. */
  trouble?: Note;
}

export interface IngressAnswer {
  schema: "netpol.ingress/v1";
  question: { peer?: string };
  outside: Peer;
  workloads: IngressOf[];
  /** Where the outside enters. */
  entries: EntryPoint[];
  /** Webhooks, APIServices and conversions of custom resources. */
  calls: EntryPoint[];
  notes: Note[];
  basis: Basis;
}

export interface Counts {
  workloads: number;
  egress_isolated: number;
  ingress_isolated: number;
  /** Workloads for which policies of the administrative tiers have rules. */
  ruled?: number;
  host_network: number;
  reach_outside: number;
  reach_internet: number;
  reached_from_outside: number;
  resolve_names: number;
}

export interface Finding {
  code: string;
  params?: Params;
  peers?: Peer[];
  policies?: PolicyRef[];
}

export interface SummaryAnswer {
  schema: "netpol.summary/v1";
  total: Counts;
  policies: number;
  namespaces: (Counts & { namespace: Peer })[];
  /** Worst first. */
  findings: Finding[];
  next: { command: string[]; code: string }[];
  basis: Basis;
}

export interface GraphAnswer {
  schema: "netpol.graph/v1";
  by: Grain;
  traffic: Traffic;
  outside?: Peer;
  nodes: (Peer & { workloads?: number; open_to_all?: true })[];
  /** `source` and `target` are positions in `nodes`. */
  edges: (Connection & { source: number; target: number })[];
  basis: Basis;
}

export interface PathsAnswer {
  schema: "netpol.paths/v1";
  question: { from: string; to?: string; port: string; via_port: string; undefined: boolean };
  path?: { found: boolean; hops: Connection[] };
  blast_radius?: {
    reached: (Connection & { distance: number })[];
    workloads: number;
    of_workloads: number;
    choke_points: Peer[];
  };
  notes: Note[];
  basis: Basis;
}

export interface Decision {
  verdict: Verdict;
  egress: DirectionAnswer;
  ingress: DirectionAnswer;
}

export interface Change {
  from: Peer;
  to: Peer;
  relation?: Relation;
  families?: Family[];
  opened?: Traffic;
  closed?: Traffic;
  undecided?: Traffic;
  /** Of all this, what was undefined. */
  undefined_before?: Traffic;
  /** Of all this, what is undefined now. */
  undefined_now?: Traffic;
  /** Where others answer at the destination: those of whom this is told, when it is not all of them. */
  behind?: Peer[];
  /** A packet that is decided otherwise than before. */
  witness?: {
    from: string;
    to: string;
    /** Who answers there, if it is somebody else. */
    behind?: string;
    protocol: Protocol;
    port: number;
    before?: Decision;
    after?: Decision;
  };
}

export interface DiffAnswer {
  schema: "netpol.diff/v1";
  same: boolean;
  added: Peer[];
  removed: Peer[];
  /** The addresses outside that were compared. */
  outside: Peer;
  changes: Change[];
  /** What was not compared. */
  notes?: Note[];
  before: Basis;
  after: Basis;
}

/** The names that a cluster knows. */
export interface Vocabulary {
  schema: "netpol.vocabulary/v1";
  namespaces: string[];
  workloads: string[];
  services: string[];
  nodes: string[];
  pod_labels: Record<string, string[]>;
  namespace_labels: Record<string, string[]>;
  port_names: Record<string, string[]>;
}

/**
 * Sentences by their codes. `{name}` stands for a parameter; `{name?text}` for the text, with the
 * parameter in place of `%`, if the parameter is there, else for nothing.
 */
export interface Messages {
  schema: "netpol.messages/v1";
  problems: Record<string, string>;
  /** Words that are values of these, by what they are in English; none in English. */
  values?: Record<string, string>;
  questions: Record<string, string>;
  codes: Record<string, string>;
  phrases: Record<string, string>;
  /** What can be wrong with a request. */
  requests: Record<string, string>;
}
