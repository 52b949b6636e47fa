import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { perRun, sampledCases } from "../../../support/sampled-cases.ts";
import { Fixture, type FixtureValues, playFixture } from "../../../support/surfaces/fixtures.ts";
import { lastIds, storedSince } from "../../../support/surfaces/stored.ts";
import { AREAS, callsTable } from "./table.ts";

/** The fixtures of each area: `fixtures/<area>.json`, by name. */
const FIXTURES = byArea(import.meta.glob("../fixtures/*.json", { eager: true }), "default")
  .map(([area, file]): [string, [string, Fixture][]] => [
    area,
    Object.entries(z.record(z.string(), Fixture).parse(file)),
  ])
  .sort(([one], [other]) => AREAS.indexOf(one) - AREAS.indexOf(other));

const CreateValues = z.custom<() => Promise<FixtureValues>>((value) => typeof value === "function");

/** The setup of each area: `setup/<area>.ts`, which exports `createFixtureValues`. */
const SETUPS = new Map(
  byArea(import.meta.glob("../setup/*.ts", { eager: true }), "createFixtureValues").map(([area, create]) => [
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

type Named = [name: string, Fixture];

/**
 * Splits fixtures into calls that change state, refused ones, and ones that only read or write a draft, which
 * other users cannot see.
 */
function sorted(fixtures: Named[]): [changing: Named[], refused: Named[], reading: Named[]] {
  const kindOf = ([, { call, code }]: Named) =>
    code !== 0 ? "refused" : /\/(get|search|createMessage)/.test(call) ? "reading" : "changing";
  const { changing = [], refused = [], reading = [] } = Object.groupBy(fixtures, kindOf);
  return [changing, refused, reading];
}

describe("the document", () => {
  test("each file of fixtures is one of its parts, and each fixture asks its call for its code", () => {
    expect(FIXTURES.map(([area]) => area)).toEqual(AREAS);
    for (const [name, { call, code, request, answer }] of FIXTURES.flatMap(([, fixtures]) => fixtures)) {
      expect([request.method, request.path], name).toEqual(["POST", call]);
      expect(answer.body, name).toMatchObject({ code });
    }
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
    const codes = FIXTURES.flatMap(([, fixtures]) => fixtures).map(([, { code }]) => code);
    expect(codes.filter((code) => code !== 0 && !named.has(code))).toEqual([]);
  });

  test("its table has each call and each of its codes that has a fixture", () => {
    const [document] = Object.values(
      import.meta.glob("/src/surfaces/tim/CALLS.md", { eager: true, query: "?raw", import: "default" }),
    );
    expect(document).toBe(callsTable(FIXTURES.flatMap(([, fixtures]) => fixtures)));
  });

  describe.each(FIXTURES)("%s", (area, fixtures) => {
    const createValues = () => {
      const create = SETUPS.get(area);
      if (!create) throw new Error(`there is no setup/${area}.ts`);
      return create();
    };
    const [changing, refused, reading] = sorted(fixtures);

    // Each has users and conversations of its own; the stories beside make most of these calls, too.
    test.each(sampledCases(changing, perRun(6, changing.length)))("%s", async (_, fixture) =>
      playFixture(fixture, await createValues()),
    );

    describe("calls that change nothing", () => {
      let shared: FixtureValues;
      let before: unknown;

      beforeAll(async () => {
        const last = await lastIds();
        shared = await createValues();
        before = await storedSince(last);
        return async () => expect(await storedSince(last)).toEqual(before);
      });

      // Each sends more than 20 MiB.
      const isLarge = ([name]: Named) => name.startsWith("large ");
      const small = [...refused, ...reading].filter((one) => !isLarge(one));

      test.each([...small, ...sampledCases(refused.filter(isLarge), 1)])("%s", (_, fixture) =>
        playFixture(fixture, shared),
      );
    });
  });
});
