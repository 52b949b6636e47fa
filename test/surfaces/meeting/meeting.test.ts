import { beforeAll, describe, expect, inject, test } from "vitest";
import { perRun, repetitions } from "../../support/sampled-cases.ts";
import { setCrowdMembers, setLiveMembers, setNoRateLimits } from "../../support/settings.ts";
import { setTiming } from "../../support/timing.ts";
import { ACTS, type Act, type ActName, expectOutcome } from "./acts.ts";
import { look } from "./looks.ts";
import { type Place, World } from "./world.ts";

beforeAll(setNoRateLimits);
// Devices whose first frame comes in time are strict: they accept no message twice.
beforeAll(() =>
  setTiming({
    ...{ deviceFeed: { holdMs: 20_000 }, fanout: { cooldownMs: 10, crowdedCooldownMs: 10 } },
    crowds: { askMs: 20 },
  }),
);

/** The pairs of each place that a run plays. */
const SAMPLE = repetitions(perRun(5, 8), 15);

const NAMES = Object.keys(ACTS) as ActName[];

function pairsIn(place: Place): [ActName, ActName][] {
  const here = NAMES.filter((name) => {
    const act: Act = ACTS[name];
    return act.places?.includes(place) ?? true;
  });
  return here.flatMap((first) => here.map((second): [ActName, ActName] => [first, second]));
}

/** More than two connected members crowd a group, and more than two members make a crowd. */
const RESTRICTED: Partial<Record<Place, () => () => void>> = {
  "crowded group": () => setLiveMembers(2),
  crowd: () => setCrowdMembers(2),
};

async function story(place: Place, first: ActName, second: ActName): Promise<void> {
  const restore = RESTRICTED[place]?.() ?? (() => undefined);
  const world = await World.make(place);
  try {
    expect(Math.max(0, ...(await ACTS[first].do(world))), first).toBeLessThan(300);
    world.leaveBetween();
    expectOutcome(place, first, second, await ACTS[second].do(world));
    for (const end of world.later) await end();
    await look(world);
  } finally {
    await world.close();
    restore();
  }
}

/** Every pair in turn, or as many as a run has time for: which, the commit says. */
function sampled(place: Place): [ActName, ActName][] {
  const all = pairsIn(place);
  if (inject("propertyRuns")) return all;
  const each = Math.ceil(all.length / SAMPLE);
  return all.filter((_, i) => (i + inject("seed")) % each === 0);
}

const PLACES: Place[] = ["group", "crowded group", "crowd", "audience room", "direct"];
describe.each(PLACES)("%s", (place) => {
  test.each(sampled(place))("every way shows the same after %s and %s", (first, second) =>
    story(place, first, second),
  );
});
