import { deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { fromFragment, MOST_BYTES, type Shared, toFragment } from "./share";

const shared: Shared = {
  files: [{ name: "网.yaml", text: "kind: Pod\n".repeat(1000) }],
  off: [{ namespace: "shop", name: "web" }],
  options: { profile: "np-guard" },
  question: { from: "a", to: "b", port: "" },
  tab: "table",
};
const packed = (text: string): string => `#1.${deflateRawSync(text).toString("base64url")}`;

test("a workspace goes into a fragment and comes back", async () => {
  const fragment = await toFragment(shared);
  expect(fragment).toMatch(/^#1\.[A-Za-z0-9_-]+$/);
  expect(fragment.length).toBeLessThan(500);
  expect(await fromFragment(fragment)).toEqual(shared);
});

test("other fragments are none of ours", async () => {
  for (const fragment of ["", "#", "#top", "#1.", "#1.a=b"]) {
    expect(await fromFragment(fragment)).toBeUndefined();
  }
});

test("what cannot be opened is refused with its reason", async () => {
  const refused = async (fragment: string) =>
    fromFragment(fragment).then(
      () => "opened",
      (error) => error.code,
    );
  expect(await refused("#2.AAAA")).toBe("version");
  expect(await refused("#1.AAAA")).toBe("damaged");
  expect(await refused(packed("not JSON"))).toBe("damaged");
  expect(await refused(packed("null"))).toBe("damaged");
  for (const change of [
    { files: [{}] },
    { off: {} },
    { question: { from: 1 } },
    { tab: 7 },
    { options: null },
  ]) {
    expect(await refused(packed(JSON.stringify({ ...shared, ...change })))).toBe("damaged");
  }
  const twice = [...shared.files, ...shared.files];
  expect(await refused(packed(JSON.stringify({ ...shared, files: twice })))).toBe("damaged");
  expect(await refused(packed(" ".repeat(MOST_BYTES + 1)))).toBe("too-large");
});
