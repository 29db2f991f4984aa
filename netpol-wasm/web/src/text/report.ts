// What is exported: a report as Markdown, the manifests as YAML, the map as SVG.

import type { CheckAnswer, EgressAnswer, Messages, SummaryAnswer } from "netpol";
import type { SourceFile } from "../engine/protocol";
import type { MapEdge, MapModel } from "../views/mapmodel";
import {
  openingText,
  type PeerWords,
  peerText,
  placeText,
  policyText,
  sentence,
  trafficText,
} from "./format";
import type { Words } from "./words";

/** Text that Markdown takes as it is. */
const plain = (text: string): string => text.replace(/[\\`*_{}[\]<>|#]/g, (c) => `\\${c}`);

export interface Report {
  words: Words;
  messages: Messages | undefined;
  answer: CheckAnswer | undefined;
  summary: SummaryAnswer | undefined;
  egress: EgressAnswer | undefined;
}

/** The question with its reasons, the findings and what is open outside. */
export function markdown({ words, messages, answer, summary, egress }: Report): string {
  const names: PeerWords = words;
  const out: string[] = [`# ${words.report}`, ""];
  if (answer !== undefined) {
    const { from, to, port } = answer.question;
    out.push(
      `## ${words.question}`,
      "",
      `\`netpol check ${from} ${to}${port === "any" ? "" : ` ${port}`}\``,
      "",
    );
    out.push(`**${words[answer.verdict]}**`, "");
    for (const part of answer.parts) {
      out.push(`- **${words[part.verdict]}** ${plain(trafficText(part.traffic, words.anyPort))}`);
      for (const direction of [part.egress, part.ingress]) {
        const title = direction.direction === "egress" ? words.egress : words.ingress;
        const ends = (direction.direction === "egress" ? part.from : part.to).map((peer) =>
          peerText(peer, names),
        );
        out.push(`  - ${title} ${plain(ends.join(", "))}: ${words[direction.verdict]}`);
        for (const reason of direction.reasons) {
          const origin = reason.origin;
          const where =
            origin === undefined
              ? ""
              : ` — ${plain(policyText(origin.policy))} \`${origin.field}\`${origin.place === undefined ? "" : ` (${plain(placeText(origin.place))})`}`;
          out.push(`    - ${plain(sentence(messages, reason.code, reason.params))}${where}`);
        }
      }
    }
    out.push("");
  }
  if (summary !== undefined) {
    out.push(`## ${words.findings}`, "");
    for (const finding of summary.findings) {
      out.push(`- ${plain(sentence(messages, finding.code, finding.params))}`);
    }
    out.push("");
  }
  if (egress !== undefined) {
    out.push(`## ${words.egressTab}`, "", `| ${words.from} | ${words.to} | ${words.port} |`, "|---|---|---|");
    for (const one of egress.workloads) {
      const from = plain(peerText(one.peer, names));
      if (one.outside.length === 0) {
        out.push(`| ${from} | ${words.nothingOutside} | |`);
      }
      for (const opening of one.outside) {
        const to = plain(peerText(opening.to, names, egress.outside.cidrs));
        out.push(`| ${from} | ${to} | ${plain(openingText(opening, words.anyPort))} |`);
      }
    }
    out.push("");
  }
  return `${out.join("\n").trimEnd()}\n`;
}

/** All manifests as one YAML stream; JSON is YAML too. */
export function yamlStream(files: readonly SourceFile[]): string {
  return files.map(({ name, text }) => `# ${name}\n${text.trimEnd()}\n`).join("---\n");
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] ?? c);

/** A text that fits a box of some width. */
const fitting = (text: string, width: number): string => {
  const most = Math.max(4, Math.floor(width / 6.8));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
};

/** The map as it is placed, with the edges that are shown. */
export function svg(model: MapModel, edges: readonly MapEdge[], title: string): string {
  const { boxes, frames } = model.place;
  const all = [...boxes.values(), ...frames.values()];
  const left = Math.min(...all.map((box) => box.x)) - 20;
  const top = Math.min(...all.map((box) => box.y)) - 20;
  const width = Math.max(...all.map((box) => box.x + box.width)) + 20 - left;
  const height = Math.max(...all.map((box) => box.y + box.height)) + 20 - top;
  const out = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${left} ${top} ${width} ${height}" width="${width}" height="${height}" role="img" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    '<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0 8 4 0 8z" fill="context-stroke"/></marker></defs>',
    `<rect x="${left}" y="${top}" width="${width}" height="${height}" fill="#ffffff"/>`,
  ];
  for (const [name, box] of frames) {
    if (name !== "") {
      out.push(
        `<rect x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}" rx="8" fill="#f4f6f8" stroke="#9aa5b1" stroke-dasharray="5 4"/>`,
        `<text x="${box.x + 12}" y="${box.y + 22}" font-weight="bold" fill="#1f2933">${escaped(fitting(name, box.width))}</text>`,
      );
    }
  }
  for (const edge of edges) {
    const [from, to] = [boxes.get(edge.from), boxes.get(edge.to)];
    if (from !== undefined && to !== undefined) {
      const [start, end] = [borderPoint(from, to), borderPoint(to, from)];
      const look = edge.undefined ? 'stroke="#8a5a00" stroke-dasharray="6 4"' : 'stroke="#0b7a4b"';
      out.push(
        `<path d="M${start.x} ${start.y} ${end.x} ${end.y}" ${look} stroke-width="2" fill="none" marker-end="url(#a)"><title>${escaped(`${edge.from} → ${edge.to}: ${edge.text}`)}</title></path>`,
      );
    }
  }
  for (const node of model.nodes) {
    const box = boxes.get(node.id);
    if (box !== undefined) {
      const look = node.isolated ? 'stroke="#155e75" stroke-width="3"' : 'stroke="#9aa5b1"';
      const label = `${node.isolated ? "▣ " : ""}${node.text}${node.openToAll ? " ◆" : ""}`;
      out.push(
        `<rect x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}" rx="6" fill="#ffffff" ${look}/>`,
        `<text x="${box.x + box.width / 2}" y="${box.y + box.height / 2 + 4}" text-anchor="middle" fill="#1f2933">${escaped(fitting(label, box.width))}</text>`,
      );
    }
  }
  out.push("</svg>");
  return `${out.join("\n")}\n`;
}

interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Where the line between the middles of two boxes leaves the first. */
export function borderPoint(box: Rectangle, towards: Rectangle): { x: number; y: number } {
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const [dx, dy] = [towards.x + towards.width / 2 - x, towards.y + towards.height / 2 - y];
  const scale = Math.min(
    dx === 0 ? Number.POSITIVE_INFINITY : box.width / 2 / Math.abs(dx),
    dy === 0 ? Number.POSITIVE_INFINITY : box.height / 2 / Math.abs(dy),
  );
  const part = Number.isFinite(scale) ? scale : 0;
  const round = (n: number): number => Math.round(n * 10) / 10;
  return { x: round(x + dx * part), y: round(y + dy * part) };
}
