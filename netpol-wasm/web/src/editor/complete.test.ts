import type { Vocabulary } from "netpol";
import { expect, test } from "vitest";
import { completionsFor } from "./complete";
import { contextAt } from "./context";

const names: Vocabulary = {
  schema: "netpol.vocabulary/v1",
  namespaces: ["data", "shop"],
  workloads: [],
  services: [],
  nodes: [],
  pod_labels: { app: ["db", "web"], tier: ["one"] },
  namespace_labels: { team: ["red"] },
  port_names: { http: ["TCP 8080"] },
};
const HEAD = "kind: NetworkPolicy\nmetadata:\n  name: x\nspec:\n";
const at = (text: string) => contextAt((HEAD + text).split("\n"));
const offered = (text: string) => completionsFor(at(text), names).map((one) => one.label);

test("the path to the cursor is found by indentation", () => {
  expect(at("  podSelector:\n    matchLabels:\n      app: we")).toMatchObject({
    path: ["spec", "podSelector", "matchLabels"],
    key: "app",
    typed: "we",
    kind: "NetworkPolicy",
  });
  expect(at("  egress:\n  - to:\n    - name").path).toEqual(["spec", "egress", "to"]);
  expect(at("  egress:\n    - to:\n        - podSelector: {}\n      po").path).toEqual(["spec", "egress"]);
  expect(at("  podSelector: {}\n---\nki")).toMatchObject({ path: [], typed: "ki" });
});

test("fields that are there are not offered again", () => {
  expect(offered("  ")).toEqual(["podSelector", "policyTypes", "ingress", "egress"]);
  expect(offered("  podSelector: {}\n  ")).toEqual(["policyTypes", "ingress", "egress"]);
  expect(offered("  ingress:\n    - ")).toEqual(["from", "ports"]);
  expect(offered("  ingress:\n    - from:\n        - ")).toEqual([
    "podSelector",
    "namespaceSelector",
    "ipBlock",
  ]);
  expect(offered("  ingress:\n    - ports:\n        - protocol: TCP\n          ")).toEqual([
    "port",
    "endPort",
  ]);
});

test("labels are those of pods, or of namespaces", () => {
  expect(offered("  podSelector:\n    matchLabels:\n      ")).toEqual(["app", "tier"]);
  expect(offered("  podSelector:\n    matchLabels:\n      app: ")).toEqual(["db", "web"]);
  expect(
    offered("  egress:\n    - to:\n        - namespaceSelector:\n            matchLabels:\n              "),
  ).toEqual(["team"]);
  expect(offered("  podSelector:\n    matchExpressions:\n      - key: ")).toEqual(["app", "tier"]);
});

test("values that are few are offered", () => {
  expect(offered("  ingress:\n    - ports:\n        - protocol: ")).toEqual(["TCP", "UDP", "SCTP"]);
  expect(offered("  ingress:\n    - ports:\n        - port: ")).toEqual(["http"]);
  expect(offered("  policyTypes:\n    - ")).toEqual(["Ingress", "Egress"]);
  expect(completionsFor(contextAt(["metadata:", "  namespace: "]), names).map((one) => one.label)).toEqual([
    "data",
    "shop",
  ]);
});

test("policies of the administrative tiers have their own fields", () => {
  const inside = (kind: string, text: string) =>
    completionsFor(contextAt(`kind: ${kind}\nspec:\n${text}`.split("\n")), names).map((one) => one.label);
  const [cluster, baseline] = ["ClusterNetworkPolicy", "BaselineAdminNetworkPolicy"];
  expect(inside(cluster, "  ")).toEqual(["tier", "priority", "subject", "ingress", "egress"]);
  expect(inside(baseline, "  ")).toEqual(["subject", "ingress", "egress"]);
  expect(inside(cluster, "  ingress:\n    - ")).toEqual(["name", "action", "from", "protocols"]);
  expect(inside(baseline, "  egress:\n    - ")).toEqual(["name", "action", "to", "ports"]);
  expect(inside(cluster, "  egress:\n    - action: ")).toEqual(["Accept", "Deny", "Pass"]);
  expect(inside(cluster, "  egress:\n    - protocols:\n        - tcp:\n            ")).toEqual([
    "destinationPort",
  ]);
});
