import { expect, test } from "vitest";
import { fileKeysIn } from "../../../src/domain/files/file-keys.ts";

const KEY = "0123456789abcdef0123456789abcdef";
const OTHER = "f".repeat(32);

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
