import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { EVENT, TYPES } from "../src/index.ts";

test("the constants have the values of the SDK", async () => {
  const path = createRequire(import.meta.url).resolve("@tencentcloud/chat");
  const { default: sdk } = await import(path);
  expect(EVENT).toMatchObject(sdk.EVENT);
  expect(TYPES).toMatchObject(sdk.TYPES);
});
