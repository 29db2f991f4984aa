// Where the boxes of the map stand: namespaces as frames, workloads in rows within them. The same
// cluster always looks the same, and nothing moves while policies are edited.

export interface Box {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Placed {
  /** By workload. */
  boxes: Map<string, Box>;
  /** By namespace. */
  frames: Map<string, Box>;
  width: number;
  height: number;
}

const CARD = { width: 132, height: 38, gap: 14 } as const;
const FRAME = { padding: 16, title: 26, gap: 44 } as const;

/** Places the members of each namespace, and the namespaces in rows: about twice as wide as high. */
export function placed(groups: ReadonlyMap<string, readonly string[]>): Placed {
  const shapes = [...groups].map(([name, members]) => {
    const columns = Math.max(1, Math.ceil(Math.sqrt(members.length / 2)));
    const rows = Math.ceil(Math.max(members.length, 1) / columns);
    return {
      name,
      members,
      columns,
      width: 2 * FRAME.padding + columns * CARD.width + (columns - 1) * CARD.gap,
      height: FRAME.title + 2 * FRAME.padding + rows * CARD.height + (rows - 1) * CARD.gap,
    };
  });
  const area = shapes.reduce((sum, { width, height }) => sum + (width + FRAME.gap) * (height + FRAME.gap), 0);
  const two = shapes.slice(0, 2).reduce((sum, { width }) => sum + width + FRAME.gap, 0);
  const wide = Math.max(Math.sqrt(area * 2), two, ...shapes.map((shape) => shape.width));
  const boxes = new Map<string, Box>();
  const frames = new Map<string, Box>();
  let [x, y, tallest, right] = [0, 0, 0, 0];
  for (const { name, members, columns, width, height } of shapes) {
    if (x > 0 && x + width > wide) {
      x = 0;
      y += tallest + FRAME.gap;
      tallest = 0;
    }
    frames.set(name, { id: name, x, y, width, height });
    members.forEach((id, i) => {
      boxes.set(id, {
        id,
        x: x + FRAME.padding + (i % columns) * (CARD.width + CARD.gap),
        y: y + FRAME.title + FRAME.padding + Math.floor(i / columns) * (CARD.height + CARD.gap),
        width: CARD.width,
        height: CARD.height,
      });
    });
    x += width + FRAME.gap;
    right = Math.max(right, x - FRAME.gap);
    tallest = Math.max(tallest, height);
  }
  return { boxes, frames, width: right, height: y + tallest };
}
