import { expect, test } from "vitest";
import { rangeOf, unitOfByte } from "./offsets";

test("bytes become UTF-16 units", () => {
  const text = "a é 网 😀 z";
  const bytes = new TextEncoder().encode(text);
  let units = 0;
  for (const character of text) {
    const before = new TextEncoder().encode(text.slice(0, units)).length;
    expect(unitOfByte(text, before)).toBe(units);
    units += character.length;
  }
  expect(unitOfByte(text, bytes.length)).toBe(text.length);
  expect(unitOfByte(text, 1000)).toBe(text.length);
});

test("a place stays within the text", () => {
  expect(rangeOf("é: b\n", { line: 1, start: 4, end: 5 })).toEqual({ from: 3, to: 4 });
  expect(rangeOf("ab", { line: 1, start: 10, end: 20 })).toEqual({ from: 2, to: 2 });
  expect(rangeOf("one\ntwo\nthree", { line: 2, start: -1, end: -1 })).toEqual({ from: 4, to: 7 });
  expect(rangeOf("one", { line: 5, start: -1, end: -1 })).toEqual({ from: 0, to: 3 });
});
