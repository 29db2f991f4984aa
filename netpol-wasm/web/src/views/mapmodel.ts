// What the map shows, as plain data: boxes with their badges, and the edges of what is selected.

import type { Connection, EgressAnswer, IngressAnswer, MatrixAnswer, Peer, Vocabulary } from "netpol";
import {
  isEveryPort,
  isNothing,
  openingText,
  type PeerWords,
  peerQuery,
  peerText,
  trafficText,
  workloadKey,
} from "../text/format";
import { type Placed, placed } from "./layout";

/** More workloads than this are shown by namespace. */
export const MOST_WORKLOADS = 200;

export interface MapNode {
  id: string;
  kind: "workload" | "namespace" | "outside" | "dns" | "nodes";
  /** The namespace that it stands in. */
  group: string;
  text: string;
  /** How it is asked for. */
  query: string;
  openToAll: boolean;
  isolated: boolean;
  /** Whether a policy of the administrative tiers has rules for it, on the way in. */
  ruled: boolean;
}

export interface MapEdge {
  from: string;
  to: string;
  text: string;
  undefined: boolean;
}

export interface MapModel {
  nodes: MapNode[];
  place: Placed;
  byNamespace: boolean;
  workloads: number;
}

export const OUTSIDE = "outside";
/** The cluster's DNS, where it is not in the files. */
export const ASSUMED_DNS = "dns";

/** The cluster's nodes together. */
export const NODES = "nodes";

/** What stands outside of all namespaces. */
export interface Around {
  outside: string;
  dns: string;
  nodes: string;
  /** Who resolves names, as far as is known. */
  resolvers: readonly Peer[];
}

/** The resolvers that an answer about egress names. */
export const resolversOf = (egress: EgressAnswer | undefined): Peer[] =>
  egress?.workloads.flatMap((one) => one.dns?.resolvers ?? []).map((opening) => opening.to) ?? [];

/** The boxes: workloads, or namespaces when there are too many and none is chosen. */
export function modelOf(
  names: Vocabulary,
  ingress: IngressAnswer | undefined,
  namespace: string,
  around: Around,
): MapModel {
  const resolvers = new Set(around.resolvers.map(boxOf));
  const chosen = names.workloads.filter((name) => namespace === "" || name.startsWith(`${namespace}/`));
  const byNamespace = chosen.length > MOST_WORKLOADS;
  const nodes: MapNode[] = [];
  const badges = badgesOf(ingress);
  if (byNamespace) {
    const counts = new Map<string, number>();
    for (const name of chosen) {
      const group = name.slice(0, name.indexOf("/"));
      counts.set(group, (counts.get(group) ?? 0) + 1);
    }
    for (const [name, count] of counts) {
      nodes.push({
        id: `namespace ${name}`,
        kind: "namespace",
        group: "",
        text: `${name} (${count})`,
        query: `${name}/*`,
        openToAll: false,
        isolated: false,
        ruled: false,
      });
    }
  } else {
    for (const query of chosen) {
      const group = query.slice(0, query.indexOf("/"));
      const text = query.slice(query.indexOf("/") + 1);
      const badge = badges.get(query) ?? badges.get(`${group}/${text.slice(text.lastIndexOf("/") + 1)}`);
      nodes.push({
        id: query,
        kind: resolvers.has(query) ? "dns" : "workload",
        group,
        text,
        query,
        openToAll: badge?.open ?? false,
        isolated: badge?.isolated ?? false,
        ruled: badge?.ruled ?? false,
      });
    }
  }
  const apart = (id: string, kind: "outside" | "dns" | "nodes", text: string, query: string): void => {
    nodes.push({ id, kind, group: "", text, query, openToAll: false, isolated: false, ruled: false });
  };
  const groups = new Map<string, string[]>();
  for (const node of nodes) {
    groups.set(node.group, [...(groups.get(node.group) ?? []), node.id]);
  }
  const place = placed(groups);
  const middle = place.width / 2;
  apart(OUTSIDE, "outside", around.outside, "world");
  place.boxes.set(OUTSIDE, { id: OUTSIDE, x: middle - 200, y: -110, width: 180, height: 44 });
  const assumed = around.resolvers.find((peer) => peer.type === "hypothetical");
  if (assumed !== undefined) {
    apart(ASSUMED_DNS, "dns", around.dns, "");
    place.boxes.set(ASSUMED_DNS, { id: ASSUMED_DNS, x: middle + 20, y: -110, width: 200, height: 44 });
  }
  if (names.nodes.length > 0) {
    apart(NODES, "nodes", around.nodes, "");
    place.boxes.set(NODES, { id: NODES, x: middle - 410, y: -110, width: 180, height: 44 });
  }
  return { nodes, place, byNamespace, workloads: chosen.length };
}

interface Badge {
  open: boolean;
  isolated: boolean;
  ruled: boolean;
}

/** Who is open to everybody, who is isolated, and for whom the administrative tiers have rules, on the way in. */
function badgesOf(ingress: IngressAnswer | undefined): Map<string, Badge> {
  const badges = new Map<string, Badge>();
  for (const one of ingress?.workloads ?? []) {
    const open = one.inside.some((source) => source.everybody === true && isEveryPort(source.allow));
    const key = `${one.peer.namespace ?? ""}/${one.peer.name ?? ""}`;
    const before = badges.get(key);
    badges.set(key, {
      open: open && (before?.open ?? true),
      isolated: one.isolated_by.length > 0 || (before?.isolated ?? false),
      ruled: (one.ruled_by ?? []).length > 0 || (before?.ruled ?? false),
    });
  }
  return badges;
}

/** The edges of one side of the selected box: one for each other box, with all that passes. */
export function edgesOf(
  answer: MatrixAnswer | undefined,
  selected: string,
  side: "out" | "in",
  everyPort: string,
): MapEdge[] {
  const found = new Map<string, Connection[]>();
  for (const connection of answer?.connections ?? []) {
    const other = boxOf(side === "out" ? connection.to : connection.from);
    if (other !== selected) {
      found.set(other, [...(found.get(other) ?? []), connection]);
    }
  }
  return [...found].map(([other, connections]) => ({
    from: side === "out" ? selected : other,
    to: side === "out" ? other : selected,
    text: [...new Set(connections.map((one) => openingText(one, everyPort)))].join("; "),
    undefined: connections.every((one) => isNothing(one.allow)),
  }));
}

/** The box of a peer. */
export function boxOf(peer: Peer): string {
  switch (peer.type) {
    case "addresses":
      return OUTSIDE;
    case "hypothetical":
      return ASSUMED_DNS;
    case "node":
    case "nodes":
      return NODES;
    case "namespace":
      return `namespace ${peer.name ?? ""}`;
    default:
      return `${peer.namespace ?? ""}/${peer.name ?? ""}`;
  }
}

/** The edge to the DNS that is not in the files. */
export function dnsEdges(egress: EgressAnswer | undefined, selected: string, everyPort: string): MapEdge[] {
  const openings = egress?.workloads.flatMap((one) => one.dns?.resolvers ?? []) ?? [];
  const found = openings.filter(
    (one) => one.to.type === "hypothetical" && openingText(one, everyPort) !== "",
  );
  return found.slice(0, 1).map((one) => ({
    from: selected,
    to: ASSUMED_DNS,
    text: openingText(one, everyPort),
    undefined: isNothing(one.allow),
  }));
}

/** More edges than this are thinned out. */
const MOST_EDGES = 12;

/** Of many edges, those to boxes that are open to all are left out: their badge says it. */
export function thinned(edges: readonly MapEdge[], nodes: readonly MapNode[]): MapEdge[] {
  if (edges.length <= MOST_EDGES) {
    return [...edges];
  }
  const open = new Set(nodes.filter((node) => node.openToAll).map((node) => node.id));
  return edges.filter((edge) => !open.has(edge.to));
}

/** The connections as lines of text: what the panel beside the map says. */
export function linesOf(
  answer: MatrixAnswer | undefined,
  side: "out" | "in",
  words: PeerWords,
  everyPort: string,
) {
  const lines = new Map<
    string,
    { key: string; query: string; text: string; traffic: string; port: Connection }
  >();
  const whole = answer?.endpoints.find((one) => one.type === "addresses")?.cidrs;
  for (const connection of answer?.connections ?? []) {
    const peer = side === "out" ? connection.to : connection.from;
    const key = `${workloadKey(peer)}|${trafficText(connection.allow, everyPort)}|${peer.cidrs?.join() ?? ""}`;
    const { pods: _, ...plain } = peer;
    lines.set(key, {
      key,
      query: peerQuery(peer),
      text: peerText(plain, words, whole),
      traffic: openingText(connection, everyPort),
      port: connection,
    });
  }
  return [...lines.values()];
}
