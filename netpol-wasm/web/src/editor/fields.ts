// The fields of policies, for completion.

/** How a field goes on when it is chosen. */
type Shape = "value" | "map" | "list";

export interface Field {
  name: string;
  shape: Shape;
}

const field = (name: string, shape: Shape = "value"): Field => ({ name, shape });

const SELECTOR = [field("matchLabels", "map"), field("matchExpressions", "list")];
const EXPRESSION = [field("key"), field("operator"), field("values", "list")];
const PEER = [field("podSelector", "map"), field("namespaceSelector", "map"), field("ipBlock", "map")];
const PORT = [field("protocol"), field("port"), field("endPort")];
const METADATA = [field("name"), field("namespace"), field("labels", "map"), field("annotations", "map")];

const CLUSTER = "ClusterNetworkPolicy";
const ADMIN = "AdminNetworkPolicy";
const TIERED = [CLUSTER, ADMIN, "BaselineAdminNetworkPolicy"];
const RANGE = [field("start"), field("end")];

/** The fields of the policies of the administrative tiers. */
function tiered(path: readonly string[], kind: string): readonly Field[] {
  const of = kind === CLUSTER;
  const ports = of ? field("protocols", "list") : field("ports", "list");
  switch (path.at(-1)) {
    case "spec":
      return [
        ...(of ? [field("tier")] : []),
        ...(of || kind === ADMIN ? [field("priority")] : []),
        field("subject", "map"),
        field("ingress", "list"),
        field("egress", "list"),
      ];
    case "subject":
    case "from":
      return [field("namespaces", "map"), field("pods", "map")];
    case "to":
      return [
        field("namespaces", "map"),
        field("pods", "map"),
        field("nodes", "map"),
        field("networks", "list"),
        field("domainNames", "list"),
      ];
    case "namespaces":
    case "nodes":
      return SELECTOR;
    case "pods":
      return [field("namespaceSelector", "map"), field("podSelector", "map")];
    case "ingress":
      return [field("name"), field("action"), field("from", "list"), ports];
    case "egress":
      return [field("name"), field("action"), field("to", "list"), ports];
    case "ports":
      return [field("portNumber", "map"), field("portRange", "map"), field("namedPort")];
    case "portNumber":
      return [field("protocol"), field("port")];
    case "portRange":
      return [field("protocol"), ...RANGE];
    case "protocols":
      return [field("tcp", "map"), field("udp", "map"), field("sctp", "map"), field("destinationNamedPort")];
    case "tcp":
    case "udp":
    case "sctp":
      return [field("destinationPort", "map")];
    case "destinationPort":
      return [field("number"), field("range", "map")];
    case "range":
      return RANGE;
  }
  return [];
}

/** The fields below the last key of a path; nothing: not known. */
export function fieldsAt(path: readonly string[], kind: string | undefined): readonly Field[] {
  const last = path.at(-1);
  switch (last) {
    case undefined:
      return [field("apiVersion"), field("kind"), field("metadata", "map"), field("spec", "map")];
    case "metadata":
      return METADATA;
    case "podSelector":
    case "namespaceSelector":
    case "selector":
      return SELECTOR;
    case "matchExpressions":
      return EXPRESSION;
    case "ipBlock":
      return [field("cidr"), field("except", "list")];
  }
  if (kind !== undefined && TIERED.includes(kind)) {
    return tiered(path, kind);
  }
  if (kind !== "NetworkPolicy") {
    return [];
  }
  switch (last) {
    case "spec":
      return [
        field("podSelector", "map"),
        field("policyTypes", "list"),
        field("ingress", "list"),
        field("egress", "list"),
      ];
    case "ingress":
      return [field("from", "list"), field("ports", "list")];
    case "egress":
      return [field("to", "list"), field("ports", "list")];
    case "from":
    case "to":
      return PEER;
    case "ports":
      return PORT;
  }
  return [];
}

/** The values that a key may have, where they are few and the same everywhere. */
export function valuesOf(key: string, path: readonly string[]): readonly string[] {
  switch (key) {
    case "apiVersion":
      return path.length === 0
        ? ["networking.k8s.io/v1", "policy.networking.k8s.io/v1alpha2", "v1", "apps/v1"]
        : [];
    case "kind":
      return path.length === 0
        ? ["NetworkPolicy", CLUSTER, "Namespace", "Pod", "Deployment", "Service", "Node"]
        : [];
    case "tier":
      return ["Admin", "Baseline"];
    case "action":
      return ["Accept", "Deny", "Pass"];
    case "protocol":
      return ["TCP", "UDP", "SCTP"];
    case "operator":
      return ["In", "NotIn", "Exists", "DoesNotExist"];
    case "cidr":
      return ["0.0.0.0/0", "::/0", "10.0.0.0/8", "169.254.169.254/32"];
  }
  return [];
}
