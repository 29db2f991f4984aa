// Draws the map with cytoscape; loaded when the map is first shown.

import cytoscape, { type Core, type ElementDefinition } from "cytoscape";
import type { Box } from "./layout";
import type { MapEdge, MapModel, MapNode } from "./mapmodel";

export interface Drawing {
  show(model: MapModel | undefined, edges: readonly MapEdge[], selected: string | undefined): void;
  zoom(by: number): void;
  fit(): void;
  destroy(): void;
}

const calm = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** A colour of the page's style. */
const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const style = () => [
  {
    selector: "node",
    style: {
      shape: "round-rectangle",
      width: "data(width)",
      height: "data(height)",
      label: "data(label)",
      "text-valign": "center",
      "text-halign": "center",
      "text-wrap": "ellipsis",
      "text-max-width": "122px",
      "font-size": 12,
      "font-family": "system-ui, sans-serif",
      color: colour("--text"),
      "background-color": colour("--card"),
      "border-width": 1.5,
      "border-color": colour("--line"),
      "z-index-compare": "manual",
      "z-index": 3,
    },
  },
  {
    selector: "node.frame",
    style: {
      "z-index": 1,
      "background-color": colour("--frame"),
      "border-style": "dashed",
      "text-valign": "top",
      "text-margin-y": 20,
      "text-max-width": "400px",
      "font-weight": "bold",
      events: "no",
    },
  },
  { selector: "node.outside", style: { shape: "round-tag", "background-color": colour("--outside") } },
  { selector: "node.dns", style: { "background-color": colour("--dns"), "text-max-width": "190px" } },
  { selector: "node.isolated", style: { "border-width": 3, "border-color": colour("--accent") } },
  {
    selector: "node.chosen",
    style: { "background-color": colour("--chosen"), "border-color": colour("--accent"), "border-width": 4 },
  },
  { selector: "node.dim", style: { opacity: 0.35 } },
  {
    selector: "edge",
    style: {
      "z-index-compare": "manual",
      "z-index": 2,
      width: 2,
      "curve-style": "bezier",
      "line-color": colour("--allow"),
      "target-arrow-color": colour("--allow"),
      "target-arrow-shape": "triangle",
      label: "data(label)",
      "font-size": 11,
      color: colour("--text"),
      "text-background-color": colour("--page"),
      "text-background-opacity": 0.85,
      "text-background-padding": "2px",
      "text-max-width": "160px",
      "text-wrap": "ellipsis",
    },
  },
  {
    selector: "edge.undefined",
    style: {
      "line-style": "dashed",
      "line-color": colour("--undefined"),
      "target-arrow-color": colour("--undefined"),
    },
  },
];

/** The words on a box: with its badges. */
export const labelOf = (node: MapNode): string =>
  `${node.isolated ? "▣ " : ""}${node.ruled ? "⛨ " : ""}${node.text}${node.openToAll ? " ◆" : ""}`;

const centre = (box: Box) => ({ x: box.x + box.width / 2, y: box.y + box.height / 2 });

export function draw(
  host: HTMLElement,
  choose: (id: string | undefined) => void,
  ask: (edge: MapEdge) => void,
): Drawing {
  const core: Core = cytoscape({
    container: host,
    style: style() as never,
    layout: { name: "preset" },
    minZoom: 0.08,
    maxZoom: 2.5,
    boxSelectionEnabled: false,
    autoungrabify: true,
  });
  let shown: MapModel | undefined;
  let drawn: readonly MapEdge[] = [];
  core.on("tap", (event) => {
    if (event.target === core) {
      choose(undefined);
    } else if (event.target.isEdge()) {
      const edge = drawn[event.target.data("index")];
      if (edge !== undefined) {
        ask(edge);
      }
    } else if (!event.target.hasClass("frame")) {
      choose(event.target.id());
    }
  });
  const fitAll = () => core.fit(undefined, 24);
  const theme = new MutationObserver(() => core.style(style() as never));
  theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const restyle = () => core.style(style() as never);
  scheme.addEventListener("change", restyle);
  const size = new ResizeObserver(() => {
    core.resize();
    fitAll();
  });
  size.observe(host);

  const redraw = (model: MapModel) => {
    const elements: ElementDefinition[] = [];
    for (const [name, box] of model.place.frames) {
      if (name !== "") {
        const data = { id: `frame ${name}`, label: name, width: box.width, height: box.height };
        elements.push({ data, position: centre(box), classes: "frame", selectable: false });
      }
    }
    for (const node of model.nodes) {
      const box = model.place.boxes.get(node.id);
      if (box !== undefined) {
        const classes = [node.kind, node.isolated || node.ruled ? "isolated" : ""].join(" ");
        const data = { id: node.id, label: labelOf(node), width: box.width, height: box.height };
        elements.push({ data, position: centre(box), classes });
      }
    }
    const places = (of: MapModel) => JSON.stringify(of.nodes.map((node) => node.id));
    const moved = shown === undefined || places(shown) !== places(model);
    core.elements().remove();
    core.add(elements);
    shown = model;
    return moved;
  };

  return {
    show(model, edges, selected) {
      if (model === undefined) {
        return;
      }
      let moved = false;
      core.batch(() => {
        if (model !== shown) {
          moved = redraw(model);
        }
        core.edges().remove();
        drawn = edges;
        const touched = new Set([selected, ...edges.flatMap((edge) => [edge.from, edge.to])]);
        // Many labels on many lines cannot be read; the panel has them all.
        const labelled = edges.length <= 12;
        core.add(
          edges.map((edge, i) => ({
            data: {
              id: `edge ${i}`,
              index: i,
              source: edge.from,
              target: edge.to,
              label: labelled ? edge.text : "",
            },
            classes: edge.undefined ? "undefined" : "allowed",
            selectable: false,
          })),
        );
        core.nodes().forEach((node) => {
          node.toggleClass("chosen", node.id() === selected);
          node.toggleClass(
            "dim",
            selected !== undefined && !node.hasClass("frame") && !touched.has(node.id()),
          );
        });
      });
      if (moved) {
        fitAll();
      }
    },
    zoom(by) {
      const level = core.zoom() * by;
      const centred = { level, renderedPosition: { x: core.width() / 2, y: core.height() / 2 } };
      if (calm()) {
        core.zoom(centred);
      } else {
        core.animate({ zoom: centred, duration: 120 });
      }
    },
    fit: fitAll,
    destroy() {
      theme.disconnect();
      size.disconnect();
      scheme.removeEventListener("change", restyle);
      core.destroy();
    },
  };
}
