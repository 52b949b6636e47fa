import fc from "fast-check";
import { beforeAll, test } from "vitest";
import { signedInUsers } from "../support/accounts/users.ts";
import { call, type SignedIn } from "../support/clients/api.ts";
import { freezeClock } from "../support/clock.ts";
import { itemAt } from "../support/objects/room.ts";
import { runOptions } from "../support/property-runs.ts";
import { setNoRateLimits } from "../support/settings.ts";
import { playSlowMode, slowModeStory } from "./groups/slow-mode.ts";
import { story } from "./groups/steps.ts";
import { World } from "./groups/world.ts";

// The users of a long run ask for more pages than are allowed in a minute.
beforeAll(setNoRateLimits);

const FEW = runOptions(2, 4);
const STORY_MS = 60_000;

let outsiders: [SignedIn, SignedIn];
let owner: SignedIn;

beforeAll(async () => {
  const [first, second, third] = await signedInUsers(3);
  if (!first || !second || !third) throw new Error("there are three");
  [owner, outsiders] = [first, [second, third]];
});

/** Ends all blocks, so that no story inherits them. */
async function unblocked(people: SignedIn[]): Promise<void> {
  for (const { token } of people) {
    for (const { user } of people) await call("DELETE", `/v1/blocks/${user.id}`, { token });
  }
}

test("under the rights of a group all members share one history and membership, and each has its own counts", {
  timeout: FEW.numRuns * STORY_MS,
}, async () => {
  const property = fc.asyncProperty(story, async (steps) => {
    // A new user, so that the direct conversation is new.
    const newcomer = itemAt(await signedInUsers(1), 0);
    const people: [SignedIn, SignedIn, SignedIn, SignedIn] = [owner, newcomer, ...outsiders];
    await unblocked([owner, ...outsiders]);
    const world = await World.make(people);
    for (const step of steps) await world.step(step);
  });
  await fc.assert(property, { ...FEW, timeout: STORY_MS });
});

test(
  "in slow mode no plain member has two messages closer than the pause, whatever happens between",
  async () => {
    freezeClock();
    await fc.assert(fc.asyncProperty(slowModeStory, playSlowMode), runOptions(8, 20));
  },
  STORY_MS,
);
