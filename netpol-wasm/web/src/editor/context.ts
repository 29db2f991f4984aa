// Where in a manifest the cursor is: what completion needs to know, from the indentation alone, so
// that it works while the YAML is not whole.

/** Where something is being typed. */
export interface Context {
  /** The keys above, from the top of the document. */
  path: string[];
  /** The key whose value is being typed; nothing: a key itself. */
  key?: string;
  /** What was typed of it. */
  typed: string;
  /** The `kind` of the document, as far as it says. */
  kind?: string;
  /** The keys that the mapping at the cursor has already. */
  siblings: string[];
}

interface Line {
  indent: number;
  key: string;
  value: string | undefined;
  /** Whether a list item begins here: the key then belongs to the item. */
  dashes: number;
}

/** A line's key and value; nothing: it has no key. */
function parsed(text: string): Line | undefined {
  const match =
    /^(\s*)((?:-\s+)*)(?:"([^"]*)"|'([^']*)'|([^\s#"'{}[\],&*!|>%@-][^:#]*?))\s*:(?:\s+(.*))?$/.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, space = "", dash = "", double, single, plain = "", value] = match;
  return {
    indent: space.length + dash.length,
    key: double ?? single ?? plain,
    value,
    dashes: (dash.match(/-/g) ?? []).length,
  };
}

/** What is at the cursor: `lines` are the document's up to it, the last cut off there. */
export function contextAt(lines: readonly string[]): Context {
  const last = lines.at(-1) ?? "";
  let start = 0;
  lines.forEach((line, i) => {
    if (/^---(\s|$)/.test(line)) {
      start = i + 1;
    }
  });
  const document = lines.slice(start, -1);
  const own = parsed(last);
  const bare = /^(\s*)((?:-\s+)*)(\S*)$/.exec(last);
  const indent =
    own?.indent ?? (bare === null ? last.search(/\S|$/) : (bare[1] ?? "").length + (bare[2] ?? "").length);
  const context: Context = {
    path: [],
    typed: own === undefined ? (bare?.[3] ?? "") : (own.value ?? ""),
    siblings: [],
  };
  if (own !== undefined) {
    context.key = own.key;
  }
  let least = indent;
  /** Whether lines at the same indent still belong to the mapping of the cursor. */
  let beside = (own?.dashes ?? (bare?.[2] ?? "").length) === 0;
  for (const text of document.toReversed()) {
    const line = parsed(text);
    if (line === undefined) {
      continue;
    }
    if (line.indent === 0 && line.key === "kind" && line.value !== undefined) {
      context.kind = line.value.trim();
    }
    if (line.indent === indent && beside && least === indent) {
      context.siblings.push(line.key);
      beside = line.dashes === 0;
    }
    // A list may stand at the indent of its key.
    const above = line.indent < least || (line.indent === least && isListOf(last, line, least));
    if (above && (line.value === undefined || line.value === "" || line.value.startsWith("#"))) {
      context.path.unshift(line.key);
      least = line.indent - (line.dashes > 0 ? 1 : 0);
    } else if (line.indent < least) {
      least = line.indent - (line.dashes > 0 ? 1 : 0);
    }
  }
  if (context.kind === undefined) {
    const kind = document.map(parsed).find((line) => line?.indent === 0 && line.key === "kind");
    if (kind?.value !== undefined) {
      context.kind = kind.value.trim();
    }
  }
  return context;
}

/** Whether the cursor's line is an item of a list that stands at the indent of this key. */
function isListOf(last: string, line: Line, least: number): boolean {
  const dash = last.search(/-\s/);
  return dash === line.indent && dash === least - 2 && line.dashes === 0 && (line.value ?? "") === "";
}
