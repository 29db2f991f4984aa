import { expect, test } from "vitest";
import { LANGUAGES, preferred } from "./words";

test("both languages say the same things with the same parameters", () => {
  const { en, zh } = LANGUAGES;
  const parameters = (text: string): string[] =>
    [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "").sort();
  for (const key of Object.keys(en) as (keyof typeof en)[]) {
    expect(zh[key], key).not.toBe("");
    expect(parameters(zh[key]), key).toEqual(parameters(en[key]));
  }
});

test("the browser's first known language counts", () => {
  expect(preferred(["fr-FR", "zh-TW", "en"])).toBe("zh");
  expect(preferred(["fr"])).toBe("en");
  expect(preferred([])).toBe("en");
});
