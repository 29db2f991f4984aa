// Places count bytes and characters; the editor counts UTF-16 units.

/** The UTF-16 offset of a byte of the text's UTF-8 form. */
export function unitOfByte(text: string, byte: number): number {
  let bytes = 0;
  let unit = 0;
  while (unit < text.length && bytes < byte) {
    const code = text.charCodeAt(unit);
    if (code < 0x80) {
      bytes += 1;
    } else if (code < 0x800) {
      bytes += 2;
    } else if (code >= 0xd800 && code < 0xdc00) {
      bytes += 4;
      unit += 1;
    } else {
      bytes += 3;
    }
    unit += 1;
  }
  return unit;
}

/** The offset at which a line begins; lines count from 1. */
export function startOfLine(text: string, line: number): number {
  let at = 0;
  for (let n = 1; n < line; n += 1) {
    const next = text.indexOf("\n", at);
    if (next < 0) {
      return at;
    }
    at = next + 1;
  }
  return at;
}

/** The UTF-16 range of a place, within the text; of a place without bytes, its line. */
export function rangeOf(
  text: string,
  place: { line: number; start: number; end: number },
): { from: number; to: number } {
  if (place.start < 0) {
    const from = startOfLine(text, place.line);
    const end = text.indexOf("\n", from);
    return { from, to: end < 0 ? text.length : end };
  }
  const from = Math.min(unitOfByte(text, place.start), text.length);
  const to = from + unitOfByte(text.slice(from), Math.max(place.end - place.start, 0));
  return { from, to: Math.min(Math.max(to, from), text.length) };
}
