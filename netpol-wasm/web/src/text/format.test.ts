import { expect, test } from "vitest";
import { fill, isEveryPort, openingText, peerQuery, peerText, somePort, trafficText } from "./format";

const words = { world: "world", outside: "outside", nodes: "nodes", more: "and {count} more" };

test("traffic is short", () => {
  const all: [number, number][] = [[1, 65535]];
  expect(trafficText({ TCP: all, UDP: all, SCTP: all }, "any port")).toBe("any port");
  expect(isEveryPort({ TCP: all, UDP: all })).toBe(false);
  expect(trafficText({ TCP: all, UDP: [[53, 53]] }, "any port")).toBe("TCP, UDP 53");
  expect(
    trafficText(
      {
        TCP: [
          [80, 80],
          [443, 445],
        ],
      },
      "any port",
    ),
  ).toBe("TCP 80,443-445");
  expect(trafficText({ ICMP: [[0, 65535]] }, "any port")).toBe("ICMP");
  expect(openingText({ allow: {}, undefined: { UDP: [[53, 53]] } }, "any port")).toBe("? UDP 53");
});

test("a port of the traffic can be asked for", () => {
  expect(somePort({ UDP: [[53, 60]] })).toBe("53/udp");
  expect(somePort({ TCP: [[80, 80]], UDP: [[53, 53]] })).toBe("80/tcp");
  expect(somePort({ ICMP: [[0, 65535]] })).toBe("icmp");
  expect(somePort({})).toBe("");
});

test("peers are named and asked for as on the command line", () => {
  expect(peerText({ type: "workload", namespace: "shop", name: "web" }, words)).toBe("shop/web");
  expect(peerText({ type: "node", name: "n1" }, words)).toBe("node/n1");
  const blocks = ["1.0.0.0/8", "2.0.0.0/8", "3.0.0.0/8", "4.0.0.0/8", "5.0.0.0/8"];
  expect(peerText({ type: "addresses", cidrs: blocks }, words)).toBe(
    "outside: 1.0.0.0/8, 2.0.0.0/8, 3.0.0.0/8 and 2 more",
  );
  expect(peerText({ type: "addresses", cidrs: blocks }, words, blocks)).toBe("world");
  expect(peerText({ type: "nodes", nodes: ["a", "b"] }, words)).toBe("nodes (a, b)");
  expect(peerQuery({ type: "nodes", nodes: ["a"] })).toBe("node/a");
  expect(peerQuery({ type: "namespace", name: "shop" })).toBe("shop/*");
  expect(peerQuery({ type: "addresses", cidrs: ["10.0.0.0/8"] })).toBe("10.0.0.0/8");
  expect(peerQuery({ type: "workload", namespace: "shop", name: "web", pods: ["web-0"] })).toBe(
    "shop/pod/web-0",
  );
});

test("templates are filled as the engine fills them", () => {
  expect(fill("x {a} y{a? (%)}{b? never %} z", { a: "1" })).toBe("x 1 y (1) z");
  expect(fill("{a}", { a: "{b}" })).toBe("{b}");
});
