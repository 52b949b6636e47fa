import fc from "fast-check";
import { beforeAll, test } from "vitest";
import { call, register, type SignedIn } from "../support/clients/api.ts";
import { runs } from "../support/property-runs.ts";
import { story } from "./groups/steps.ts";
import { World } from "./groups/world.ts";

const FEW = runs(6);
const STORY_MS = 60_000;

let outsiders: [SignedIn, SignedIn];
let owner: SignedIn;

beforeAll(async () => {
  owner = await register();
  outsiders = [await register(), await register()];
});

/** No story inherits the blocks of the one before it. */
async function unblocked(people: SignedIn[]): Promise<void> {
  for (const { token } of people) {
    for (const { user } of people) await call("DELETE", `/v1/blocks/${user.id}`, { token });
  }
}

test("whoever may do what in a group, all see one history, one membership and their own counts", {
  timeout: FEW.numRuns * STORY_MS,
}, async () => {
  const property = fc.asyncProperty(story, async (steps) => {
    // Somebody new, so that the direct conversation is new.
    const people: [SignedIn, SignedIn, SignedIn, SignedIn] = [owner, await register(), ...outsiders];
    await unblocked(people);
    const world = await World.make(people);
    for (const step of steps) await world.step(step);
  });
  await fc.assert(property, { ...FEW, timeout: STORY_MS });
});
