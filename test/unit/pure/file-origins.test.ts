import { expect, test } from "vitest";
import { sharedOrigins } from "../../../src/domain/files/file-origins.ts";

const SETTINGS = { publicOrigin: null, formerOrigins: [] };

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
