// What the map shows, as plain data: boxes with their badges, and the edges of what is selected.

import type { Connection, IngressAnswer, MatrixAnswer, Peer, Vocabulary } from "netpol";
import {
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
  kind: "workload" | "namespace" | "outside";
  /** The namespace that it stands in. */
  group: string;
  text: string;
  /** How it is asked for. */
  query: string;
  openToAll: boolean;
  isolated: boolean;
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

/** The boxes: workloads, or namespaces when there are too many and none is chosen. */
export function modelOf(
  names: Vocabulary,
  ingress: IngressAnswer | undefined,
  namespace: string,
  outside: string,
): MapModel {
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
      });
    }
  } else {
    for (const query of chosen) {
      const group = query.slice(0, query.indexOf("/"));
      const text = query.slice(query.indexOf("/") + 1);
      const badge = badges.get(query) ?? badges.get(`${group}/${text.slice(text.lastIndexOf("/") + 1)}`);
      nodes.push({
        id: query,
        kind: "workload",
        group,
        text,
        query,
        openToAll: badge?.open ?? false,
        isolated: badge?.isolated ?? false,
      });
    }
  }
  nodes.push({
    id: OUTSIDE,
    kind: "outside",
    group: "",
    text: outside,
    query: "world",
    openToAll: false,
    isolated: false,
  });
  const groups = new Map<string, string[]>();
  for (const node of nodes.filter((node) => node.id !== OUTSIDE)) {
    groups.set(node.group, [...(groups.get(node.group) ?? []), node.id]);
  }
  const place = placed(groups);
  const top = -110;
  place.boxes.set(OUTSIDE, {
    id: OUTSIDE,
    x: Math.max(place.width / 2 - 90, 0),
    y: top,
    width: 180,
    height: 44,
  });
  return { nodes, place, byNamespace, workloads: chosen.length };
}

/** Who is open to everybody, and who is isolated, on the way in. */
function badgesOf(ingress: IngressAnswer | undefined): Map<string, { open: boolean; isolated: boolean }> {
  const badges = new Map<string, { open: boolean; isolated: boolean }>();
  for (const one of ingress?.workloads ?? []) {
    const open = one.isolated_by.length === 0 && one.inside.every((source) => !isNothing(source.allow));
    const key = `${one.peer.namespace ?? ""}/${one.peer.name ?? ""}`;
    const before = badges.get(key);
    badges.set(key, {
      open: open && (before?.open ?? true),
      isolated: one.isolated_by.length > 0 || (before?.isolated ?? false),
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
export const boxOf = (peer: Peer): string =>
  peer.type === "addresses"
    ? OUTSIDE
    : peer.type === "namespace"
      ? `namespace ${peer.name ?? ""}`
      : `${peer.namespace ?? ""}/${peer.name ?? ""}`;

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
  for (const connection of answer?.connections ?? []) {
    const peer = side === "out" ? connection.to : connection.from;
    const whole = answer?.endpoints.find((one) => one.type === "addresses")?.cidrs;
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
