import { describe, expect, test } from "vitest";
import { z } from "zod";
import { itemAt } from "../../../support/objects/room.ts";
import { perRun, sampledCases } from "../../../support/sampled-cases.ts";
import type { Values } from "../../../support/surfaces/matching.ts";
import { describeUnchanging } from "../../../support/surfaces/stored.ts";
import { codedCalls, playStory, readStories, type Story } from "../../../support/surfaces/stories.ts";
import { withToken } from "../client.ts";
import { AREAS, callsTable, type Example } from "./table.ts";

type Named = [name: string, Story];

/** The examples of each area: `<area>.txt`. */
const EXAMPLES = byArea(import.meta.glob("./*.txt", { eager: true, query: "?raw" }), "default")
  .map(([area, text]): [string, Named[]] => [area, readStories(text)])
  .sort(([one], [other]) => AREAS.indexOf(one) - AREAS.indexOf(other));

const CALLS = EXAMPLES.flatMap(([, examples]) =>
  examples.map(([name, story]): Example => [name, itemAt(codedCalls(story), 0)]),
);

const CreateValues = z.custom<() => Promise<Values>>((value) => typeof value === "function");

/** The setup of each area: `setup/<area>.ts`, which exports `createValues`. */
const SETUPS = new Map(
  byArea(import.meta.glob("../setup/*.ts", { eager: true }), "createValues").map(([area, create]) => [
    area,
    CreateValues.parse(create),
  ]),
);

function byArea(files: Record<string, unknown>, name: string): [string, unknown][] {
  return Object.entries(files).map(([path, file]) => [
    path.replace(/^.*\/|\.\w+$/g, ""),
    z.record(z.string(), z.unknown()).parse(file)[name],
  ]);
}

/**
 * Splits examples into calls that change state, refused ones, and ones that only read or write a draft, which
 * other users cannot see.
 */
function sorted(examples: Named[]): [changing: Named[], refused: Named[], reading: Named[]] {
  const kindOf = ([, story]: Named) => {
    const { path, code } = itemAt(codedCalls(story), 0);
    return code !== 0 ? "refused" : /\/(get|search|createMessage)/.test(path) ? "reading" : "changing";
  };
  const { changing = [], refused = [], reading = [] } = Object.groupBy(examples, kindOf);
  return [changing, refused, reading];
}

describe("the document", () => {
  test("each file of examples is one of its parts, and each example is a call by POST", () => {
    expect(EXAMPLES.map(([area]) => area)).toEqual(AREAS);
    for (const [name, story] of EXAMPLES.flatMap(([, examples]) => examples))
      expect(codedCalls(story), name).toMatchObject([{ method: "POST" }]);
  });

  test("each of its codes is in the README", () => {
    const [text] = z
      .tuple([z.string()])
      .parse(
        Object.values(
          import.meta.glob("/src/surfaces/tim/README.md", { eager: true, query: "?raw", import: "default" }),
        ),
      );
    const table = text.match(/^\| [^|]*\d{4,5}[^|]*(?=\|)/gm)?.join(" ") ?? "";
    const named = new Set(table.match(/\d{4,5}/g)?.map(Number));
    const codes = CALLS.map(([, { code }]) => code);
    expect(codes.filter((code) => code !== 0 && !named.has(code))).toEqual([]);
  });

  test("its table has each call and each of its codes that has an example", () => {
    const [document] = Object.values(
      import.meta.glob("/src/surfaces/tim/CALLS.md", { eager: true, query: "?raw", import: "default" }),
    );
    expect(document).toBe(callsTable(CALLS));
  });

  describe.each(EXAMPLES)("%s", (area, examples) => {
    const createValues = () => {
      const create = SETUPS.get(area);
      if (!create) throw new Error(`there is no setup/${area}.ts`);
      return create();
    };
    const [changing, refused, reading] = sorted(examples);

    // Each has users and conversations of its own; the stories beside make most of these calls, too.
    test.each(sampledCases(changing, perRun(6, changing.length)))("%s", async (_, story) =>
      playStory(story, withToken, await createValues()),
    );

    // Each sends more than 20 MiB.
    const isLarge = ([name]: Named) => name.startsWith("large ");
    const small = [...refused, ...reading].filter((one) => !isLarge(one));
    const unchanging = [...small, ...sampledCases(refused.filter(isLarge), 1)];
    describeUnchanging(unchanging, withToken, createValues);
  });
});
