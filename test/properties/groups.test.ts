import fc from "fast-check";
import { beforeAll, test } from "vitest";
import { signedIn } from "../support/accounts/users.ts";
import { call, type SignedIn } from "../support/clients/api.ts";
import { at } from "../support/objects/room.ts";
import { runs } from "../support/property-runs.ts";
import { story } from "./groups/steps.ts";
import { World } from "./groups/world.ts";

const FEW = runs(3);
const STORY_MS = 60_000;

let outsiders: [SignedIn, SignedIn];
let owner: SignedIn;

beforeAll(async () => {
  const [first, second, third] = await signedIn(3);
  if (!first || !second || !third) throw new Error("there are three");
  [owner, outsiders] = [first, [second, third]];
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
    const newcomer = at(await signedIn(1), 0);
    const people: [SignedIn, SignedIn, SignedIn, SignedIn] = [owner, newcomer, ...outsiders];
    await unblocked([owner, ...outsiders]);
    const world = await World.make(people);
    for (const step of steps) await world.step(step);
  });
  await fc.assert(property, { ...FEW, timeout: STORY_MS });
});
