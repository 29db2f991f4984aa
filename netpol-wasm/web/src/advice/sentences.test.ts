import { expect, test } from "vitest";
import { ADVICE_WORDS, findingText, said } from "./sentences";

test("both languages have the same values in the same words", () => {
  const values = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const [key, text] of Object.entries(ADVICE_WORDS.en)) {
    const other = ADVICE_WORDS.zh[key as keyof typeof ADVICE_WORDS.en];
    expect([key, ...values(other)]).toEqual([key, ...values(text)]);
  }
});

test("values are put in, and what is not known stays", () => {
  expect(said("{a} of {b}", { a: 1 })).toBe("1 of {b}");
});

test("a finding has the sentence of its rule, or of what reading found", () => {
  const rule = { severity: "note", title: "", why: "", cis: [], sources: [], bad: "", good: "" } as const;
  const rules = { rules: { dull: { ...rule, cis: [], sources: [], finding: "{policy} is dull" } } };
  const messages = { problems: { "bad-name": "`{found}` is no name" } };
  expect(findingText({ rule: "dull", params: { policy: "a/b" } }, rules, messages)).toBe("a/b is dull");
  const rejected = { rule: "rejected", params: { problem: "bad-name", found: "X" } };
  expect(findingText(rejected, rules, messages)).toBe("`X` is no name");
  expect(findingText({ rule: "new-rule" }, rules, messages)).toBe("new-rule");
});
