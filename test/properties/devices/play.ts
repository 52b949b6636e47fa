import { setLiveMembers, setMaxChanges } from "../../support/settings.ts";
import type { Action } from "./steps.ts";
import { World } from "./world.ts";

type Story = Pick<Parameters<typeof World.make>[0], "devices" | "pointsPerFrame" | "hasPins"> & {
  liveMembers: number;
  maxChanges: number;
  steps: readonly (readonly Action[])[];
};

/**
 * What a story needs. Devices whose first frame comes in time are strict: they accept no message twice. It is
 * long enough for the first frame of a device on a slow machine.
 */
export const TIMING_OF_STORIES = { deviceFeed: { holdMs: 20_000 }, fanout: { crowdedCooldownMs: 10 } };

/** Plays a story in so many conversations, and compares all with the model. */
export async function play(
  { steps, liveMembers, maxChanges, ...setting }: Story,
  rooms: number,
): Promise<void> {
  const restore = [setLiveMembers(liveMembers), setMaxChanges(maxChanges)];
  const world = await World.make({ ...setting, rooms });
  try {
    for (const step of steps) await world.step(step);
    await world.end();
  } finally {
    await world.close();
    for (const one of restore) one();
  }
}
