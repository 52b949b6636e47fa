import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { create, EVENT } from "../src/index.ts";

const README = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");

/** The names in the first cells of a table. */
function namesUnder(heading: string): string[] {
  const [, section = ""] = README.split(`\n## ${heading}\n`);
  const [table = ""] = section.split("\n## ");
  return [...table.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name),
  );
}

test("the tables name each of the 116 methods and 24 events of UI kits and communities, and all are there", () => {
  const chat = create({ SDKAppID: 0, server: "http://localhost" });
  const methods = namesUnder("Methods");
  expect(methods.filter((name) => typeof Reflect.get(chat, name) !== "function")).toEqual([]);
  expect(new Set(methods).size).toBe(116);
  const events = namesUnder("Events");
  expect(events.filter((name) => !Object.hasOwn(EVENT, name))).toEqual([]);
  expect(new Set(events).size).toBe(24);
});
