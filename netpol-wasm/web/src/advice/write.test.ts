import { expect, test } from "vitest";
import { entryOf, takesMore, withTest, yamlString } from "./write";

const question = { from: "shop/web", to: "data/db", port: "5432", expect: "allow" } as const;

test("a question becomes a file of tests beside the files that are open", () => {
  const { file, isNew } = withTest([{ name: "cluster.yaml", text: "" }], question);
  expect(isNew).toBe(true);
  expect(file.name).toBe("tests.yaml");
  expect(file.text).toBe(`apiVersion: netpol.dev/v1alpha1
kind: ConnectivityTest
metadata:
  name: playground
resources:
- cluster.yaml
tests:
- name: "shop/web → data/db 5432: allow"
  from: shop/web
  to: data/db
  ports: 5432
  expect: allow
`);
});

test("the next one is added to it, under a name of its own", () => {
  const first = withTest([], question).file;
  const second = withTest([first], question);
  expect(second.isNew).toBe(false);
  expect(second.file.text).toBe(first.text + entryOf(question).replace("5432: allow", "5432: allow (2)"));
  expect(takesMore(second.file.text)).toBe(true);
});

test("a text of another form is left as it is", () => {
  const { text } = withTest([], question).file;
  expect(takesMore(`${text}---\nkind: Pod\n`)).toBe(false);
  expect(takesMore(`${text}profile: calico\n`)).toBe(false);
  expect(takesMore("kind: Pod\n")).toBe(false);
});

test("what YAML would read as something else is quoted", () => {
  expect(yamlString("shop/*")).toBe("shop/*");
  expect(yamlString("10.0.0.0/8")).toBe("10.0.0.0/8");
  expect(yamlString("10")).toBe('"10"');
  expect(yamlString("Yes")).toBe('"Yes"');
  expect(yamlString("*/*")).toBe('"*/*"');
  expect(yamlString("2001:db8::/32")).toBe('"2001:db8::/32"');
  expect(entryOf({ ...question, port: "53/udp" })).toContain('ports: "53/udp"');
  expect(entryOf({ ...question, port: "" })).not.toContain("ports:");
});
