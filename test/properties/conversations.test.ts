import fc from "fast-check";
import { beforeAll, test } from "vitest";
import { signedIn } from "../support/accounts/users.ts";
import { login, register } from "../support/clients/api.ts";
import { at } from "../support/objects/room.ts";
import { runs } from "../support/property-runs.ts";
import type { Owner } from "./conversations/device.ts";
import { story } from "./conversations/steps.ts";
import { World } from "./conversations/world.ts";

const FEW = runs(4);
const STORY_MS = 60_000;

let people: [Owner, ...Owner[]];

beforeAll(async () => {
  people = [await person(), await person(), await person()];
});

/** Somebody with a session for each of his two devices. */
async function person(): Promise<Owner> {
  const { user, token } = await register();
  return { id: user.id, tokens: [token, (await login(user.username)).token] };
}

/** Somebody new, so that his direct conversation is new; both his devices share a session. */
async function stranger(): Promise<Owner> {
  const { user, token } = at(await signedIn(1), 0);
  return { id: user.id, tokens: [token] };
}

test("whatever happens at once, all see one history and nobody's picture, position or count is off", {
  timeout: FEW.numRuns * STORY_MS,
}, async () => {
  const property = fc.asyncProperty(story, fc.integer({ min: 1, max: 100 }), async (steps, pageSize) => {
    const world = await World.make(people, await stranger());
    try {
      for (const step of steps) await world.step(step);
      await world.end(pageSize);
    } finally {
      // What went wrong before is what counts.
      await world.close().catch(() => undefined);
    }
  });
  await fc.assert(property, { ...FEW, timeout: STORY_MS });
});
