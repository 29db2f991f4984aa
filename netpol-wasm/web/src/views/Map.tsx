// The map: who is where, and whom the selected one reaches or is reached by.

import { computed, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { answer, askFor, follow, followLate, question, tab, vocabulary, words } from "../store";
import { somePort } from "../text/format";
import { peerWords } from "./common";
import type { Drawing } from "./mapdraw";
import {
  boxOf,
  dnsEdges,
  edgesOf,
  linesOf,
  type MapEdge,
  type MapModel,
  MOST_WORKLOADS,
  modelOf,
  OUTSIDE,
  resolversOf,
  thinned,
} from "./mapmodel";
import { NamespaceChoice, PortFilter } from "./parts";

export const selected = signal<string | undefined>(undefined);
const namespace = signal("");
const port = signal("");
const sides = signal<{ out: boolean; in: boolean }>({ out: true, in: true });

const asking = (): string | null => (port.value.trim() === "" ? null : port.value.trim());
const shown = (): boolean => tab.value === "map";

const ingress = followLate("map-badges", "ingress", () => {
  const few = (vocabulary.value?.workloads.length ?? 0) <= 5 * MOST_WORKLOADS;
  return shown() && few ? {} : undefined;
});
/** Who resolves names is the same for all; the selected workload's own answer is of use beside. */
const egress = follow("map-dns", "egress", () => {
  const one = vocabulary.value?.workloads.includes(selected.value ?? "")
    ? selected.value
    : vocabulary.value?.workloads[0];
  return shown() && one !== undefined ? { from: one } : undefined;
});
const model = computed<MapModel | undefined>(() => {
  const [names, word] = [vocabulary.value, words.value];
  const around = {
    outside: word.outside,
    dns: word.dns,
    nodes: word.nodes,
    resolvers: resolversOf(egress.outcome.value?.answer),
  };
  return names && modelOf(names, ingress.outcome.value?.answer, namespace.value, around);
});
const chosen = computed(() => model.value?.nodes.find((node) => node.id === selected.value));
const grain = () => (model.value?.byNamespace ? ("namespace" as const) : ("workload" as const));
const outgoing = follow("map-out", "matrix", () => {
  const node = chosen.value;
  return shown() && node !== undefined
    ? { by: grain(), from: node.query, to: null, port: asking() }
    : undefined;
});
const incoming = follow("map-in", "matrix", () => {
  const node = chosen.value;
  return shown() && node !== undefined
    ? { by: grain(), from: null, to: node.query, port: asking() }
    : undefined;
});

/** The edges that are drawn: those of the selected box, else the connection that is asked about. */
export const edges = computed<MapEdge[]>(() => {
  const node = chosen.value;
  const boxes = new Set(model.value?.nodes.map((one) => one.id));
  const within = (edge: MapEdge): boolean => boxes.has(edge.from) && boxes.has(edge.to);
  if (node === undefined) {
    return askedEdges().filter(within);
  }
  const everyPort = words.value.anyPort;
  const out = sides.value.out ? edgesOf(outgoing.outcome.value?.answer, node.id, "out", everyPort) : [];
  const into = sides.value.in ? edgesOf(incoming.outcome.value?.answer, node.id, "in", everyPort) : [];
  const dns =
    sides.value.out && node.kind === "workload"
      ? dnsEdges(egress.outcome.value?.answer, node.id, everyPort)
      : [];
  return thinned([...out, ...into, ...dns].filter(within), model.value?.nodes ?? []);
});

function askedEdges(): MapEdge[] {
  const now = answer.value;
  if (
    now === undefined ||
    now.question.from !== question.value.from ||
    now.question.to !== question.value.to
  ) {
    return [];
  }
  const found = new Map<string, MapEdge>();
  for (const part of now.parts.filter((part) => part.verdict !== "deny")) {
    for (const from of part.from.map(boxOf)) {
      for (const to of part.to.map(boxOf)) {
        if (from !== to) {
          found.set(`${from} ${to}`, {
            from,
            to,
            text: words.value.asked,
            undefined: part.verdict === "undefined",
          });
        }
      }
    }
  }
  return [...found.values()].slice(0, 50);
}

export const mapState = () => ({ model: model.peek(), edges: edges.peek() });

export function MapView() {
  const word = words.value;
  const now = model.value;
  return (
    <div class="view map-view">
      <div class="filters">
        <NamespaceChoice
          value={namespace.value}
          onChange={(name) => {
            namespace.value = name;
            selected.value = undefined;
          }}
        />
        <PortFilter value={port.value} onInput={(text) => (port.value = text)} />
        <label>
          <input
            type="checkbox"
            checked={sides.value.out}
            onChange={(event) => (sides.value = { ...sides.value, out: event.currentTarget.checked })}
          />{" "}
          {word.outgoing}
        </label>
        <label>
          <input
            type="checkbox"
            checked={sides.value.in}
            onChange={(event) => (sides.value = { ...sides.value, in: event.currentTarget.checked })}
          />{" "}
          {word.incoming}
        </label>
      </div>
      {now?.byNamespace && <p class="hint">{word.mapSummary.replace("{limit}", String(MOST_WORKLOADS))}</p>}
      <div class="map-body">
        <Canvas />
        <Panel />
      </div>
      <p class="legend">
        <span>
          <span class="swatch allowed" aria-hidden="true" /> {word.legendAllowed}
        </span>
        <span>
          <span class="swatch undefined" aria-hidden="true" /> {word.legendUndefined}
        </span>
        <span>{word.legendOpen}</span>
        <span>{word.legendIsolated}</span>
        <span>{word.legendRuled}</span>
      </p>
    </div>
  );
}

function Canvas() {
  const host = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing | undefined>(undefined);
  const word = words.value;
  const now = model.value;
  const lines = edges.value;
  const current = selected.value;

  useEffect(() => {
    let gone = false;
    void import("./mapdraw").then(({ draw }) => {
      if (!gone && host.current !== null) {
        drawing.current = draw(host.current, (id) => (selected.value = id), askEdge);
        drawing.current.show(model.peek(), edges.peek(), selected.peek());
      }
    });
    return () => {
      gone = true;
      drawing.current?.destroy();
    };
  }, []);
  useEffect(() => drawing.current?.show(now, lines, current), [now, lines, current]);

  return (
    <div class="canvas-frame">
      <div
        class="canvas"
        ref={host}
        role="img"
        aria-label={word.mapOf.replace("{count}", String(now?.workloads ?? 0))}
        data-edges={lines.length}
      />
      <div class="zoom">
        <button
          type="button"
          class="icon"
          aria-label={word.zoomIn}
          onClick={() => drawing.current?.zoom(1.25)}
        >
          +
        </button>
        <button
          type="button"
          class="icon"
          aria-label={word.zoomOut}
          onClick={() => drawing.current?.zoom(0.8)}
        >
          −
        </button>
        <button type="button" class="icon" aria-label={word.fit} onClick={() => drawing.current?.fit()}>
          ⤢
        </button>
      </div>
    </div>
  );
}

/** Asks about an edge: its reasons are the answer's. */
function askEdge(edge: MapEdge): void {
  const query = (id: string) => model.peek()?.nodes.find((node) => node.id === id)?.query ?? "";
  const [from, to] = [query(edge.from), query(edge.to)];
  if (from !== "" && to !== "") {
    askFor(from, to, port.peek().trim());
  }
}

/** The selected one's connections in words; also the way to select without a mouse. */
function Panel() {
  const word = words.value;
  const node = chosen.value;
  const now = model.value;
  const names = peerWords();
  return (
    <section class="map-panel" aria-live="polite">
      <label>
        {word.mapHint}{" "}
        <select
          value={selected.value ?? ""}
          onChange={(event) =>
            (selected.value = event.currentTarget.value === "" ? undefined : event.currentTarget.value)
          }
        >
          <option value="">–</option>
          {now?.nodes
            .filter((one) => one.query !== "")
            .map((one) => (
              <option key={one.id} value={one.id}>
                {one.group === "" ? one.text : `${one.group}/${one.text}`}
              </option>
            ))}
        </select>
      </label>
      {node !== undefined && node.query !== "" && (
        <>
          <h3>{word.connections.replace("{name}", node.id === OUTSIDE ? node.text : node.query)}</h3>
          {(node.isolated || node.ruled) && (
            <p class="hint">
              {[node.isolated && word.legendIsolated, node.ruled && word.legendRuled]
                .filter(Boolean)
                .join(", ")}
            </p>
          )}
          {sides.value.out && (
            <Lines
              title={word.mayReach}
              lines={linesOf(outgoing.outcome.value?.answer, "out", names, word.anyPort)}
              ask={(query, port) => askFor(node.query, query, port)}
            />
          )}
          {sides.value.in && (
            <Lines
              title={word.mayBeReachedBy}
              lines={linesOf(incoming.outcome.value?.answer, "in", names, word.anyPort)}
              ask={(query, port) => askFor(query, node.query, port)}
            />
          )}
        </>
      )}
    </section>
  );
}

const MOST_LINES = 60;

function Lines({
  title,
  lines,
  ask,
}: {
  title: string;
  lines: ReturnType<typeof linesOf>;
  ask: (query: string, port: string) => void;
}) {
  const word = words.value;
  return (
    <>
      <h4>{title}</h4>
      {lines.length === 0 && <p class="hint">{word.nothing}</p>}
      <ul>
        {lines.slice(0, MOST_LINES).map((line) => (
          <li key={line.key}>
            <button
              type="button"
              class="link"
              onClick={() => ask(line.query, line.traffic === word.anyPort ? "" : somePort(line.port.allow))}
            >
              {line.text} <b>{line.traffic}</b>
            </button>
          </li>
        ))}
      </ul>
      {lines.length > MOST_LINES && (
        <p class="hint">{word.more.replace("{count}", String(lines.length - MOST_LINES))}</p>
      )}
    </>
  );
}
