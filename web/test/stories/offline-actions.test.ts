import { expect, inject, test } from "vitest";
import { sampledCases } from "../../../test/support/sampled-cases.ts";
import type { Action } from "../support/offline/action.ts";
import { ACTIONS } from "../support/offline/actions.ts";
import { Desk, type Moment } from "../support/offline/desk.ts";
import { worldOf } from "../support/offline/world.ts";
import { Site } from "../support/site.ts";

const site = Site.forFile();
const isWhole = inject("run") === "all" || inject("everyCase");
/** How many actions a run plays for each column, if not all. */
const FEW = 4;
const ONLY = process.env.ONLY;

const COLUMNS: [worker: string, hasWorker: boolean, moment: Moment][] = [
  ["without a service worker", false, "before"],
  ["without a service worker", false, "lost"],
  ["with a service worker", true, "before"],
  ["with a service worker", true, "lost"],
];

/** Plays an action in a browser and a world of its own. */
async function playAlone(action: Action, hasWorker: boolean, moment: Moment): Promise<string | undefined> {
  const world = await worldOf(site);
  await using desk = await Desk.open(site, hasWorker, world.ann);
  return await desk.play(action, world, moment);
}

test.each(COLUMNS)(
  "%s (%s), each action says or does what the table says: connection %s",
  async (_, hasWorker, moment) => {
    const world = await worldOf(site);
    await using desk = await Desk.open(site, hasWorker, world.ann);
    const all = Object.values(ACTIONS)
      .flat()
      .filter(
        (one) => one[moment] !== undefined && (hasWorker || !one.needs) && (!ONLY || one.name.match(ONLY)),
      );
    const found: Record<string, string> = {};
    for (const action of isWhole || ONLY
      ? all
      : sampledCases(
          all,
          FEW,
          COLUMNS.findIndex(([, w, m]) => w === hasWorker && m === moment),
        )) {
      const began = Date.now();
      const wrong = action.isAlone
        ? await playAlone(action, hasWorker, moment)
        : await desk.play(action, world, moment);
      console.log(`${action.name} ${moment} ${hasWorker} ${Date.now() - began} ms ${wrong ?? ""}`);
      if (wrong !== undefined) found[action.name] = wrong;
    }
    expect(found).toEqual({});
  },
  900_000,
);
