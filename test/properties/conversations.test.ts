import fc from "fast-check";
import { beforeAll, test } from "vitest";
import { signedInUsers } from "../support/accounts/users.ts";
import { login, register } from "../support/clients/api.ts";
import { itemAt } from "../support/objects/room.ts";
import { runOptions } from "../support/property-runs.ts";
import { setNoRateLimits } from "../support/settings.ts";
import type { Owner } from "./conversations/device.ts";
import { story } from "./conversations/steps.ts";
import { World } from "./conversations/world.ts";

// The users of a long run ask for more pages than are allowed in a minute.
beforeAll(setNoRateLimits);

const FEW = runOptions(2);
const STORY_MS = 60_000;

let people: [Owner, ...Owner[]];

beforeAll(async () => {
  people = [await person(), await person(), await person()];
});

/** A new user with a session for each of their two devices. */
async function person(): Promise<Owner> {
  const { user, token } = await register();
  return { id: user.id, tokens: [token, (await login(user.username)).token] };
}

/** A new user, so that the direct conversation is new. Both devices share a session. */
async function stranger(): Promise<Owner> {
  const { user, token } = itemAt(await signedInUsers(1), 0);
  return { id: user.id, tokens: [token] };
}

test("under concurrent calls all members share one history, and every view, position and count is right", {
  timeout: FEW.numRuns * STORY_MS,
}, async () => {
  const property = fc.asyncProperty(story, fc.integer({ min: 1, max: 100 }), async (steps, pageSize) => {
    const world = await World.make(people, await stranger());
    try {
      for (const step of steps) await world.step(step);
      await world.end(pageSize);
    } finally {
      // The earlier failure is the one to report.
      await world.close().catch(() => undefined);
    }
  });
  await fc.assert(property, { ...FEW, timeout: STORY_MS });
});
