import { expect, test } from "vitest";
import { fileKeysIn } from "../../../src/domain/files/file-keys.ts";
import { sharedOrigins } from "../../../src/domain/files/file-origins.ts";

const KEY = "0123456789abcdef0123456789abcdef";
const OTHER = "f".repeat(32);
const SETTINGS = { publicOrigin: null, formerOrigins: [] };

test.each([
  ["a URL", `https://parley.test/files/${KEY}/cat.png`],
  ["a URL with a prefix and a query", `http://x:8787/chat/files/${KEY}/a?b=files/`],
  ["a URL in a text", `see (https://parley.test/files/${KEY}/cat.png), and answer`],
  ["a URL without a name", `/files/${KEY}`],
  ["escaped slashes", JSON.stringify({ data: `{"url":"https:\\/\\/parley.test\\/files\\/${KEY}\\/a"}` })],
  ["slashes that are escaped twice", JSON.stringify(JSON.stringify(`\\/files\\/${KEY}\\/a`))],
  ["percent encoding", `https://proxy.test/?url=https%3A%2F%2Fparley.test%2Ffiles%2f${KEY}%2Fa`],
])("finds the key in %s", (_, text) => {
  expect(fileKeysIn(text)).toEqual([KEY]);
});

test("finds each key once", () => {
  expect(fileKeysIn(`/files/${KEY}/a /files/${OTHER}/b /files/${KEY}/c`)).toEqual([KEY, OTHER]);
});

test.each([
  "",
  "files",
  `/files/${KEY}0/a`,
  `/files/${KEY.slice(1)}/a`,
  `/file/${KEY}/a`,
  KEY,
  `files ${KEY}`,
])("finds none in %j", (text) => {
  expect(fileKeysIn(text)).toEqual([]);
});

test("clients of one address share what is known of its origins", () => {
  const first = sharedOrigins(SETTINGS, "https://a.example");
  expect(sharedOrigins(SETTINGS, "https://a.example")).toBe(first);
  expect(sharedOrigins(SETTINGS, "https://b.example")).not.toBe(first);
  expect(sharedOrigins({ ...SETTINGS, publicOrigin: "https://p.example" }, "https://a.example")).not.toBe(
    first,
  );
});

test("a client that asks one address after the other does not fill the memory", () => {
  const first = sharedOrigins(SETTINGS, "https://0.example");
  for (let i = 1; i <= 100; i++) sharedOrigins(SETTINGS, `https://${i}.example`);
  const again = sharedOrigins(SETTINGS, "https://0.example");
  expect(again).not.toBe(first);
  expect(again.toShown('"http://parley.invalid/files/a"')).toBe('"https://0.example/files/a"');
});
