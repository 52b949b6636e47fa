import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { Fixture, play, type Scene } from "../../support/surfaces/fixtures.ts";
import { lastIds, stored } from "../../support/surfaces/stored.ts";
import { CODES, DOCUMENT } from "./document/calls.ts";
import { callsTable } from "./document/table.ts";

/** The fixtures of each area: `fixtures/<area>.json`, by name. */
const FIXTURES = byArea(import.meta.glob("./fixtures/*.json", { eager: true }), "default").map(
  ([area, file]): [string, [string, Fixture][]] => [
    area,
    Object.entries(z.record(z.string(), Fixture).parse(file)),
  ],
);

const SceneOf = z.custom<() => Promise<Scene>>((value) => typeof value === "function");

/** What they are played in: `scenes/<area>.ts`, which exports `scene`. */
const SCENES = new Map(
  byArea(import.meta.glob("./scenes/*.ts", { eager: true }), "scene").map(([area, scene]) => [
    area,
    SceneOf.parse(scene),
  ]),
);

function byArea(files: Record<string, unknown>, name: string): [string, unknown][] {
  return Object.entries(files).map(([path, file]) => [
    path.replace(/^.*\/|\.\w+$/g, ""),
    z.record(z.string(), z.unknown()).parse(file)[name],
  ]);
}

type Named = [name: string, Fixture];

/** Those after which something is as it was not; those that are refused; and those that only look, or write a
 * draft, which nobody sees. */
function sorted(fixtures: Named[]): [changing: Named[], refused: Named[], reading: Named[]] {
  const kindOf = ([, { call, code }]: Named) =>
    code !== 0 ? "refused" : /\/(get|search|createMessage)/.test(call) ? "reading" : "changing";
  const { changing = [], refused = [], reading = [] } = Object.groupBy(fixtures, kindOf);
  return [changing, refused, reading];
}

describe("what the document has", () => {
  test("each file of fixtures is one of its parts", () => {
    expect(new Set(FIXTURES.map(([area]) => area))).toEqual(new Set(Object.keys(DOCUMENT)));
  });

  test("each code of it is a call's", () => {
    const codes = Object.values(DOCUMENT).flatMap((calls) => Object.values(calls).flat());
    expect(new Set(codes)).toEqual(new Set(CODES));
  });

  test.each(Object.entries(DOCUMENT))("%s: each call and each of its codes has a fixture", (area, calls) => {
    const wanted = Object.entries(calls).flatMap(([call, codes]) => codes.map((code) => `${call} ${code}`));
    const there = FIXTURES.filter(([of]) => of === area).flatMap(([, fixtures]) => fixtures);
    expect(there.map(([, { call, code }]) => `${call} ${code}`).sort()).toEqual(
      expect.arrayContaining(wanted),
    );
    expect(wanted).toEqual(expect.arrayContaining(there.map(([, { call, code }]) => `${call} ${code}`)));
    for (const [name, { call, code, request, answer }] of there) {
      expect([request.method, request.path], name).toEqual(["POST", call]);
      expect(answer.body, name).toMatchObject({ code });
    }
  });

  test("each code of it stands in the README", () => {
    const [text] = z
      .tuple([z.string()])
      .parse(
        Object.values(
          import.meta.glob("/src/surfaces/tim/README.md", { eager: true, query: "?raw", import: "default" }),
        ),
      );
    const table = text.match(/^\| [^|]*\d{4,5}[^|]*(?=\|)/gm)?.join(" ") ?? "";
    const named = new Set(table.match(/\d{4,5}/g)?.map(Number));
    expect(CODES.filter((code) => code !== 0 && !named.has(code))).toEqual([]);
  });

  test("the table of it says what is shown here", () => {
    const [document] = Object.values(
      import.meta.glob("/src/surfaces/tim/CALLS.md", { eager: true, query: "?raw", import: "default" }),
    );
    expect(document).toBe(callsTable(FIXTURES.flatMap(([, fixtures]) => fixtures)));
  });

  describe.each(FIXTURES)("%s", (area, fixtures) => {
    const scene = () => {
      const made = SCENES.get(area);
      if (!made) throw new Error(`there is no scenes/${area}.ts`);
      return made();
    };
    const [changing, refused, reading] = sorted(fixtures);

    test.each(changing)("%s", async (_, fixture) => play(fixture, await scene()));

    describe("what changes nothing", () => {
      let shared: Scene;
      let before: unknown;

      beforeAll(async () => {
        const last = await lastIds();
        shared = await scene();
        before = await stored(last);
        return async () => expect(await stored(last)).toEqual(before);
      });

      test.each([...refused, ...reading])("%s", (_, fixture) => play(fixture, shared));
    });
  });
});
