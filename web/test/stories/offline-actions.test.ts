import { expect, inject, test } from "vitest";
import { sampledCases } from "../../../test/support/sampled-cases.ts";
import type { Action } from "../support/offline/action.ts";
import { ACTIONS } from "../support/offline/actions.ts";
import { withoutNames, writes } from "../support/offline/calls.ts";
import { Desk, type Moment } from "../support/offline/desk.ts";
import { worldOf } from "../support/offline/world.ts";
import { Site } from "../support/site.ts";

const site = Site.forFile();
const isWhole = inject("everyCase");
/** How many columns a run plays, and how many actions in each: all of them take a quarter of an hour. */
const FEW = inject("run") === "all" ? { columns: 4, actions: 20 } : { columns: 2, actions: 3 };

const COLUMNS: [worker: string, moment: Moment, hasWorker: boolean][] = [
  ["without a service worker", "before", false],
  ["without a service worker", "lost", false],
  ["with a service worker", "before", true],
  ["with a service worker", "lost", true],
];

/** What is played elsewhere, or nobody begins. */
const ELSEWHERE: readonly [call: RegExp, why: string][] = [
  [/ \/v1\/moderation\//, "pages of staff: web/test/moderation"],
  [/^post \/v1\/token$/, "sign-in by an issuer: web/test/issuer.test.ts"],
  [/ \/v1\/push\/\{\}$/, "the browser subscribes: web/test/push.test.ts"],
  [/\/threads\/\{\}\/read$/, "a look at a thread, told again with the next one"],
];

test("each call of the page that writes is in a row, and each row makes calls of the page", () => {
  const rows = new Set(
    Object.values(ACTIONS).flatMap((all) => all.flatMap(({ calls = [] }) => calls.map(withoutNames))),
  );
  const found = writes();
  const missing = [...found].filter(
    ([call]) => !rows.has(call) && !ELSEWHERE.some(([pattern]) => pattern.test(call)),
  );
  expect(missing).toEqual([]);
  expect([...rows].filter((call) => !found.has(call))).toEqual([]);
});

/** Plays an action in a browser and a world of its own. */
async function playAlone(action: Action, hasWorker: boolean, moment: Moment): Promise<string | undefined> {
  const world = await worldOf(site);
  await using desk = await Desk.open(site, hasWorker, world.ann);
  return await desk.play(action, world, moment);
}

const columns = COLUMNS.map((column, i) => [...column, i] as const);

test.each(isWhole ? columns : sampledCases(columns, FEW.columns))(
  "%s each action does what the table says, offline %s",
  async (_, moment, hasWorker, salt) => {
    const world = await worldOf(site);
    await using desk = await Desk.open(site, hasWorker, world.ann);
    const all = Object.values(ACTIONS)
      .flat()
      .filter((one) => one[moment] !== undefined && (hasWorker || !one.needs));
    const found: Record<string, string> = {};
    for (const action of isWhole ? all : sampledCases(all, FEW.actions, salt)) {
      const wrong = action.isAlone
        ? await playAlone(action, hasWorker, moment)
        : await desk.play(action, world, moment);
      if (wrong !== undefined) found[action.name] = wrong;
    }
    expect(found).toEqual({});
  },
  900_000,
);
