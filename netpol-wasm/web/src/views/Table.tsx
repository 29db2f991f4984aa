// The matrix as a table: the accessible view of the map.

import { computed, signal } from "@preact/signals";
import type { Connection, MatrixAnswer, Peer } from "netpol";
import { useEffect, useRef } from "preact/hooks";
import type { Answer } from "../engine/protocol";
import { askFor, follow, tab, vocabulary, words } from "../store";
import { openingText, peerQuery, peerText, somePort, workloadKey } from "../text/format";
import { peerWords } from "./common";
import { NamespaceChoice, PortFilter, Unanswered } from "./parts";

/** How a row is asked for: all of a workload, one of some nodes. */
function someQuery(peer: Peer): string {
  if (peer.type === "nodes") {
    return peer.nodes?.[0] === undefined ? (vocabulary.peek()?.nodes[0] ?? "") : `node/${peer.nodes[0]}`;
  }
  const { pods: _, ...plain } = peer;
  return peerQuery(plain);
}

/** A table of more rows than this is of no use to look at. */
export const MOST_ROWS = 150;

const by = signal<"workload" | "namespace">("workload");
const namespace = signal("");
const port = signal("");

const matrix = follow("view", "matrix", () => {
  if (tab.value !== "table") {
    return undefined;
  }
  const chosen = namespace.value === "" ? null : `${namespace.value}/*`;
  const wide =
    by.value === "workload" && chosen === null && (vocabulary.value?.workloads.length ?? 0) > MOST_ROWS;
  return wide
    ? undefined
    : { by: by.value, from: chosen, to: null, port: port.value.trim() === "" ? null : port.value.trim() };
});

interface Row {
  key: string;
  text: string;
  peer: Peer;
}

/** Rows, columns and what passes between them. */
const grid = computed(() => {
  const answer = matrix.outcome.value?.answer;
  return answer === undefined ? undefined : gridOf(answer);
});

export function gridOf(answer: MatrixAnswer) {
  const names = peerWords();
  const whole = answer.endpoints.find((peer) => peer.type === "addresses")?.cidrs;
  const rows = new Map<string, Row>();
  const add = (peer: Peer) => {
    const key = workloadKey(peer);
    if (!rows.has(key)) {
      const { pods: _, nodes: __, ...plain } = peer;
      const text = peer.type === "addresses" ? names.world : peerText(plain, names, whole);
      rows.set(key, { key, text, peer: peer.type === "addresses" ? peer : plain });
    }
  };
  answer.endpoints.forEach(add);
  const cells = new Map<string, Connection[]>();
  const [sources, targets] = [new Set<string>(), new Set<string>()];
  for (const connection of answer.connections) {
    add(connection.from);
    add(connection.to);
    const [from, to] = [workloadKey(connection.from), workloadKey(connection.to)];
    sources.add(from);
    targets.add(to);
    const key = `${from} ${to}`;
    cells.set(key, [...(cells.get(key) ?? []), connection]);
  }
  const all = [...rows.values()];
  return { all, cells };
}

export function Table() {
  const word = words.value;
  const chosen = namespace.value;
  const count = vocabulary.value?.workloads.length ?? 0;
  const tooMany = by.value === "workload" && chosen === "" && count > MOST_ROWS;
  return (
    <div class="view table-view">
      <div class="filters">
        <label>
          {word.by}{" "}
          <select value={by.value} onChange={(event) => (by.value = event.currentTarget.value as "workload")}>
            <option value="workload">{word.byWorkload}</option>
            <option value="namespace">{word.byNamespace}</option>
          </select>
        </label>
        <NamespaceChoice value={chosen} onChange={(name) => (namespace.value = name)} />
        <PortFilter value={port.value} onInput={(text) => (port.value = text)} />
      </div>
      {tooMany ? (
        <p class="hint">{word.tooMany.replace("{count}", String(count))}</p>
      ) : (
        <Grid outcome={matrix.outcome.value} />
      )}
    </div>
  );
}

const at = signal({ row: 0, column: 0 });

function Grid({ outcome }: { outcome: Answer<"matrix"> | undefined }) {
  const table = useRef<HTMLTableElement>(null);
  const wasInside = useRef(false);
  const word = words.value;
  const shown = grid.value;
  useEffect(() => {
    if (wasInside.current) {
      table.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
    }
  }, [at.value]);
  if (shown === undefined) {
    return <Unanswered outcome={outcome} />;
  }
  const chosen = namespace.value;
  const inNamespace = (row: Row): boolean =>
    chosen === "" ||
    row.peer.namespace === chosen ||
    (row.peer.type === "namespace" && row.peer.name === chosen);
  const rows = shown.all.filter(inNamespace);
  const columns = shown.all;
  const here = {
    row: Math.min(at.value.row, rows.length - 1),
    column: Math.min(at.value.column, columns.length - 1),
  };

  const move = (event: KeyboardEvent) => {
    const step: Record<string, [number, number]> = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
      Home: [0, -columns.length],
      End: [0, columns.length],
      PageUp: [-10, 0],
      PageDown: [10, 0],
    };
    const by = step[event.key];
    if (by === undefined) {
      return;
    }
    event.preventDefault();
    const clamp = (n: number, most: number) => Math.max(0, Math.min(n, most - 1));
    wasInside.current = true;
    at.value = {
      row: clamp(here.row + by[0], rows.length),
      column: clamp(here.column + by[1], columns.length),
    };
  };

  return (
    <div class="scroll">
      <table class="matrix" ref={table} onKeyDown={move}>
        <caption>{word.tableCaption}</caption>
        <thead>
          <tr>
            <td />
            {columns.map((column) => (
              <th key={column.key} scope="col">
                <span>{column.text}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, r) => (
            <tr key={row.key}>
              <th scope="row">{row.text}</th>
              {columns.map((column, c) => (
                <Cell
                  key={column.key}
                  row={row}
                  column={column}
                  connections={shown.cells.get(`${row.key} ${column.key}`) ?? []}
                  current={r === here.row && c === here.column}
                  choose={() => {
                    wasInside.current = true;
                    at.value = { row: r, column: c };
                  }}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface CellProps {
  row: Row;
  column: Row;
  connections: Connection[];
  current: boolean;
  choose: () => void;
}

function Cell({ row, column, connections, current, choose }: CellProps) {
  const word = words.value;
  if (row.key === column.key && connections.length === 0 && row.peer.type !== "namespace") {
    return (
      <td class="self">
        <button type="button" aria-disabled="true" tabIndex={current ? 0 : -1} aria-label={word.cellSelf}>
          ·
        </button>
      </td>
    );
  }
  const texts = [...new Set(connections.map((one) => openingText(one, word.cellAll)))];
  const kind =
    connections.length === 0 ? "none" : texts.every((text) => text.startsWith("?")) ? "undefined" : "some";
  const all = texts.length === 1 && texts[0] === word.cellAll;
  const first = connections[0];
  const label = `${row.text} → ${column.text}: ${texts.join("; ") || word.cellNone}`;
  return (
    <td class={all ? "all" : kind}>
      <button
        type="button"
        tabIndex={current ? 0 : -1}
        aria-label={label}
        title={label}
        onClick={() => {
          choose();
          const known = port.value.trim();
          const asked = known !== "" ? known : first === undefined || all ? "" : somePort(first.allow);
          const [from, to] = [first?.from ?? row.peer, first?.to ?? column.peer].map(someQuery);
          if (from && to) {
            askFor(from, to, asked);
          }
        }}
      >
        {texts.length === 0 ? "–" : texts.join("; ")}
      </button>
    </td>
  );
}
