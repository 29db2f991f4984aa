import type { Peer, Vocabulary } from "netpol";
import { expect, test } from "vitest";
import { edgesOf, modelOf, OUTSIDE, thinned } from "../views/mapmodel";
import { borderPoint, markdown, svg, yamlStream } from "./report";
import { LANGUAGES } from "./words";

const names: Vocabulary = {
  schema: "netpol.vocabulary/v1",
  namespaces: ["a", "b"],
  workloads: ["a/<x>", "a/y", "b/z"],
  services: [],
  nodes: [],
  pod_labels: {},
  namespace_labels: {},
  port_names: {},
};

const AROUND = { outside: "Outside", dns: "DNS", nodes: "nodes", resolvers: [] };

test("the drawing is well-formed and names what it shows", () => {
  const model = modelOf(names, undefined, "", AROUND);
  const edges = [{ from: "a/<x>", to: OUTSIDE, text: "TCP 53", undefined: true }];
  const text = svg(model, edges, 'A "map" & more');
  expect(text).toContain("&lt;x&gt;");
  expect(text).toContain("&quot;map&quot; &amp; more");
  expect(text).toContain("stroke-dasharray");
  expect(text.match(/<rect/g)?.length).toBe(1 + 2 + 4);
  expect(svg(model, edges, "t")).toBe(svg(modelOf(names, undefined, "", AROUND), edges, "t"));
});

test("lines end at the border of a box", () => {
  const box = { x: 0, y: 0, width: 10, height: 10 };
  expect(borderPoint(box, { x: 100, y: 0, width: 10, height: 10 })).toEqual({ x: 10, y: 5 });
  expect(borderPoint(box, box)).toEqual({ x: 5, y: 5 });
});

test("boxes do not overlap", () => {
  const many = Array.from({ length: 150 }, (_, i) => `n${i % 7}/w${i}`);
  const { place } = modelOf({ ...names, workloads: many }, undefined, "", AROUND);
  const boxes = [...place.boxes.values()];
  for (const [i, a] of boxes.entries()) {
    for (const b of boxes.slice(i + 1)) {
      const apart =
        a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
      expect(apart, `${a.id} ${b.id}`).toBe(true);
    }
  }
});

test("too many workloads are shown by namespace, unless one is chosen", () => {
  const many = Array.from({ length: 1000 }, (_, i) => `n${i % 10}/w${i}`);
  const all = modelOf({ ...names, workloads: many }, undefined, "", AROUND);
  expect(all.byNamespace).toBe(true);
  expect(all.nodes.length).toBe(11);
  expect(all.nodes[0]?.text).toBe("n0 (100)");
  const one = modelOf({ ...names, workloads: many }, undefined, "n3", AROUND);
  expect(one.byNamespace).toBe(false);
  expect(one.nodes.length).toBe(101);
});

test("the DNS that is assumed stands apart, one that is there is told apart", () => {
  const assumed = { type: "hypothetical", namespace: "kube-system", name: "kube-dns" } as const;
  const there = { type: "workload", namespace: "b", name: "z" } as const;
  const kinds = (resolvers: Peer[]) =>
    modelOf(names, undefined, "", { ...AROUND, resolvers }).nodes.map((node) => node.kind);
  expect(kinds([assumed])).toEqual(["workload", "workload", "workload", "outside", "dns"]);
  expect(kinds([there])).toEqual(["workload", "workload", "dns", "outside"]);
});

test("of many edges, what is open to all is told by its badge", () => {
  const { nodes } = modelOf(names, undefined, "", AROUND);
  const open = nodes.map((node) => ({ ...node, openToAll: node.id === "b/z" }));
  const edge = (to: string) => ({ from: "a/y", to, text: "", undefined: false });
  expect(thinned([edge("b/z")], open).length).toBe(1);
  const many = [...Array.from({ length: 12 }, () => edge(OUTSIDE)), edge("b/z")];
  expect(thinned(many, open).length).toBe(12);
});

test("one edge stands for all that passes between two boxes", () => {
  const from = { type: "workload", namespace: "a", name: "y" } as const;
  const to = { type: "addresses", cidrs: ["0.0.0.0/0"] } as const;
  const connection = (low: number) => ({
    from,
    to: { ...to, cidrs: [`${low}.0.0.0/8`] },
    allow: { TCP: [[low, low]] as [number, number][] },
  });
  const answer = {
    schema: "netpol.matrix/v1",
    by: "workload",
    traffic: {},
    endpoints: [],
    connections: [connection(1), connection(2)],
    basis: { profile: "generic", objects: {}, left_out: [], assumptions: [] },
  } as const;
  expect(edgesOf(answer as never, "a/y", "out", "any port")).toEqual([
    { from: "a/y", to: OUTSIDE, text: "TCP 1; TCP 2", undefined: false },
  ]);
});

test("an empty report is a title", () => {
  const nothing = { messages: undefined, answer: undefined, summary: undefined, egress: undefined };
  expect(markdown({ words: LANGUAGES.en, ...nothing })).toBe("# Network policy report\n");
});

test("files become one stream", () => {
  const files = [
    { name: "a.yaml", text: "kind: A" },
    { name: "b.yaml", text: "kind: B\n\n" },
  ];
  expect(yamlStream(files)).toBe("# a.yaml\nkind: A\n---\n# b.yaml\nkind: B\n");
});
