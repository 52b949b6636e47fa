import { expect, inject, test } from "vitest";
import { sampledCases } from "../../../test/support/sampled-cases.ts";
import { ACTIONS } from "../support/offline/actions.ts";
import { Desk, type Moment } from "../support/offline/desk.ts";
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

test.each(COLUMNS)(
  "%s (%s), each action says or does what the table says: connection %s",
  async (_, hasWorker, moment) => {
    await using desk = await Desk.open(site, hasWorker);
    const all = Object.values(ACTIONS)
      .flat()
      .filter((one) => one[moment] !== undefined && (!ONLY || one.name.match(ONLY)));
    const found: Record<string, string> = {};
    for (const action of isWhole || ONLY
      ? all
      : sampledCases(
          all,
          FEW,
          COLUMNS.findIndex(([, w, m]) => w === hasWorker && m === moment),
        )) {
      const began = Date.now();
      const wrong = await desk.play(action, moment);
      console.log(`${action.name} ${moment} ${hasWorker} ${Date.now() - began} ms ${wrong ?? ""}`);
      if (wrong !== undefined) found[action.name] = wrong;
    }
    expect(found).toEqual({});
  },
  900_000,
);
