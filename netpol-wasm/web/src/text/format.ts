// Peers, traffic and sentences as text.

import type { Messages, Opening, Params, Peer, Place, PolicyRef, Protocol, Traffic } from "netpol";

const PORTED: readonly Protocol[] = ["TCP", "UDP", "SCTP"];
const ORDER: readonly Protocol[] = ["TCP", "UDP", "SCTP", "ICMP"];

const isWhole = (ranges: [number, number][] | undefined): boolean =>
  ranges?.length === 1 && ranges[0]?.[0] === 1 && ranges[0]?.[1] === 65535;

/** Whether it is every port of TCP, UDP and SCTP, and nothing else. */
export const isEveryPort = (traffic: Traffic): boolean =>
  traffic.ICMP === undefined && PORTED.every((protocol) => isWhole(traffic[protocol]));

export const isNothing = (traffic: Traffic | undefined): boolean =>
  traffic === undefined || Object.keys(traffic).length === 0;

/** Such as `TCP 80,443, UDP 53`; `everyPort` stands for every port of TCP, UDP and SCTP. */
export function trafficText(traffic: Traffic, everyPort: string): string {
  if (isEveryPort(traffic)) {
    return everyPort;
  }
  const parts = ORDER.flatMap((protocol) => {
    const ranges = traffic[protocol];
    if (ranges === undefined) {
      return [];
    }
    if (isWhole(ranges) || protocol === "ICMP") {
      return [protocol];
    }
    const texts = ranges.map(([low, high]) => (low === high ? String(low) : `${low}-${high}`));
    return [`${protocol} ${texts.join(",")}`];
  });
  return parts.join(", ");
}

/** A port of the traffic, as it is asked for: `80/tcp`. */
export function somePort(traffic: Traffic): string {
  for (const protocol of ORDER) {
    const first = traffic[protocol]?.[0];
    if (first !== undefined) {
      return protocol === "ICMP" ? "icmp" : `${first[0]}/${protocol.toLowerCase()}`;
    }
  }
  return "";
}

/** So many blocks of a list are named. */
const MOST_BLOCKS = 4;

/** The words that a peer needs. */
export interface PeerWords {
  world: string;
  /** What many blocks have in common. */
  outside: string;
  nodes: string;
  /** What `{count}` more stands for. */
  more: string;
}

/** A peer as a person would name it. `whole` are the addresses that "the world" means. */
export function peerText(peer: Peer, words: PeerWords, whole?: readonly string[]): string {
  const name = peer.namespace === undefined ? (peer.name ?? "") : `${peer.namespace}/${peer.name ?? ""}`;
  switch (peer.type) {
    case "addresses": {
      const cidrs = peer.cidrs ?? [];
      if (whole !== undefined && cidrs.length > 1 && sameList(cidrs, whole)) {
        return words.world;
      }
      return cidrs.length > MOST_BLOCKS ? `${words.outside}: ${named(cidrs, words)}` : named(cidrs, words);
    }
    case "node":
      return `node/${name}`;
    case "nodes":
      return peer.nodes?.length ? `${words.nodes} (${named(peer.nodes, words)})` : words.nodes;
    case "service":
      return `svc ${name}`;
    case "name":
      return `fqdn:${name}`;
    default:
      return peer.pods?.length ? `${name} (${named(peer.pods, words)})` : name;
  }
}

const sameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, i) => text === b[i]);

function named(list: readonly string[], words: PeerWords): string {
  if (list.length <= MOST_BLOCKS) {
    return list.join(", ");
  }
  const more = words.more.replace("{count}", String(list.length - MOST_BLOCKS + 1));
  return `${list.slice(0, MOST_BLOCKS - 1).join(", ")} ${more}`;
}

/** A peer as it is asked for. */
export function peerQuery(peer: Peer): string {
  switch (peer.type) {
    case "addresses":
      return peer.cidrs?.length === 1 ? (peer.cidrs[0] ?? "world") : "world";
    case "node":
      return `node/${peer.name ?? ""}`;
    case "nodes":
      return peer.nodes?.length === 1 ? `node/${peer.nodes[0]}` : "";
    case "namespace":
      return `${peer.name ?? ""}/*`;
    case "service":
      return `${peer.namespace ?? ""}/svc/${peer.name ?? ""}`;
    case "name":
      return `fqdn:${peer.name ?? ""}`;
    default:
      return peer.pods?.length === 1
        ? `${peer.namespace ?? ""}/pod/${peer.pods[0]}`
        : `${peer.namespace ?? ""}/${peer.name ?? ""}`;
  }
}

/** A key that is the same for the same peer. */
export const peerKey = (peer: Peer): string =>
  [
    peer.type,
    peer.namespace,
    peer.kind,
    peer.name,
    peer.pods?.join(),
    peer.template,
    peer.cidrs?.join(),
  ].join("|");

/** A key for all rows of one workload, whichever of its pods are meant. */
export const workloadKey = (peer: Peer): string =>
  peer.type === "addresses" || peer.type === "nodes"
    ? peer.type
    : [peer.type, peer.namespace, peer.kind, peer.name].join("|");

export const policyText = (policy: PolicyRef): string =>
  policy.namespace === undefined ? policy.name : `${policy.namespace}/${policy.name}`;

export const placeText = (place: Place): string => `${place.file}:${place.line}`;

/** Fills a template, as the engine itself does. */
export function fill(template: string, params: Params = {}): string {
  return template.replace(/\{([^{}?]*)(?:\?([^{}]*))?\}/g, (_, name: string, text: string | undefined) => {
    const value = params[name];
    if (text === undefined) {
      return value ?? "";
    }
    return value === undefined ? "" : text.replaceAll("%", value);
  });
}

/** The sentence of a reason, note or finding; the code itself, as long as there are no sentences. */
export const sentence = (messages: Messages | undefined, code: string, params?: Params): string =>
  fill(messages?.codes[code] ?? code, params);

/** An opening's traffic, all of it. */
export const openingText = (opening: Pick<Opening, "allow" | "undefined">, everyPort: string): string => {
  const parts = [];
  if (!isNothing(opening.allow)) {
    parts.push(trafficText(opening.allow, everyPort));
  }
  if (opening.undefined !== undefined && !isNothing(opening.undefined)) {
    parts.push(`? ${trafficText(opening.undefined, everyPort)}`);
  }
  return parts.join("; ");
};
