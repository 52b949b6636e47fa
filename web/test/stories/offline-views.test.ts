import { expect, test } from "vitest";
import { perRun, sampledCases } from "../../../test/support/sampled-cases.ts";
import type { Action } from "../support/offline/action.ts";
import { Desk } from "../support/offline/desk.ts";
import { worldOf } from "../support/offline/world.ts";
import { PLACES } from "../support/sight/places.ts";
import { saying } from "../support/sight/say.ts";
import type { View } from "../support/sight/view.ts";
import { lively } from "../support/sight/world.ts";
import { Site } from "../support/site.ts";
import { row } from "../support/talk.ts";

const site = Site.forFile();
const say = saying("en-US");
/** Views that ask by each of the two hooks for it, which each run opens. */
const ALWAYS = ["profile settings", "search with filters"];
/** How many others a run opens. */
const FEW = perRun(0, 8);
/** A newcomer sees the same ones. */
const VIEWS = PLACES.filter(({ by }) => by === undefined);
const isFirst = ({ name }: View) => ALWAYS.includes(name);

test("a view that is opened without a connection comes with it, and no part of it says any more that it cannot", {
  timeout: 900_000,
}, async () => {
  const [views, world] = [await lively(site), await worldOf(site)];
  await using desk = await Desk.open(site, false, views.ann);
  const opening = ({ name, hash, seen }: View): Action => ({
    ...{ name, before: "waits" },
    play: () => ({
      hash: "#/",
      ready: (page) => row(page, "Hike"),
      act: (page) => page.evaluate((to) => location.assign(to), hash(views)),
      // It may have been kept.
      seen: (page) =>
        seen(page, say)
          .or(page.getByText(/does not answer|^Loading …/))
          .first(),
      worked: (page) =>
        page.locator("body").filter({ hasNotText: "does not answer" }).locator(seen(page, say)),
    }),
  });
  const found: Record<string, string> = {};
  const others = VIEWS.filter((view) => !isFirst(view));
  for (const view of [...VIEWS.filter(isFirst), ...sampledCases(others, FEW)]) {
    const wrong = await desk.play(opening(view), world, "before");
    if (wrong !== undefined) found[view.name] = wrong;
  }
  expect(found).toEqual({});
});
