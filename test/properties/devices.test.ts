import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { register } from "../support/clients/api.ts";
import { createGroup, deleteMessage, send } from "../support/clients/chat.ts";
import { openRoom } from "../support/clients/socket.ts";
import { runOptions } from "../support/property-runs.ts";
import { setLiveMembers, setMaxChanges, setNoRateLimits } from "../support/settings.ts";
import { setTiming } from "../support/timing.ts";
import { type Action, ROOMS, story, WIDE, wideStory } from "./devices/steps.ts";
import { World } from "./devices/world.ts";

// The users of a long run ask for more pages than are allowed in a minute.
beforeAll(setNoRateLimits);

const FEW = runOptions(2);
const FEW_WIDE = runOptions(1);
const STORY_MS = 60_000;
/** Half a minute on a quiet machine. */
const WIDE_STORY_MS = 300_000;
/** Long enough for the first frame of a device on a slow machine. */
const HOLD_MS = 20_000;

// Devices whose first frame comes in time are strict: they accept no message twice.
beforeAll(() => setTiming({ deviceFeed: { holdMs: HOLD_MS }, fanout: { crowdedCooldownMs: 10 } }));

type Story = Pick<Parameters<typeof World.make>[0], "devices" | "pointsPerFrame" | "hasPins"> & {
  liveMembers: number;
  maxChanges: number;
  steps: readonly (readonly Action[])[];
};

async function play({ steps, liveMembers, maxChanges, ...setting }: Story, rooms: number): Promise<void> {
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

test("under concurrent calls each device shows each message once, as HTTP returns it", {
  timeout: FEW.numRuns * STORY_MS,
}, async () => {
  const property = fc.asyncProperty(story, (played) => play(played, ROOMS));
  await fc.assert(property, { ...FEW, timeout: STORY_MS, endOnFailure: true });
});

test("devices that sync up to 60 conversations at once show each message once, as HTTP returns it", {
  timeout: FEW_WIDE.numRuns * WIDE_STORY_MS,
}, async () => {
  const property = fc.asyncProperty(wideStory, (played) => play(played, WIDE));
  await fc.assert(property, { ...FEW_WIDE, timeout: WIDE_STORY_MS, endOnFailure: true });
});

describe("regressions", () => {
  // Stories found by the properties that once failed.

  test("a late ack does not show a message that was hidden before its sender's device knew its seq", async () => {
    const ann = await register();
    const { id } = await createGroup(ann);
    const said = { client_msg_id: "x", kind: "text", body: { text: "said, and the ack is lost" } };
    const { seq } = await send(ann, id, said);
    await deleteMessage(ann, id, seq, "me");
    const back = await openRoom(id, ann.token, "?after=0&rev=0");
    expect(await back.next("hidden")).toMatchObject({ seq, rev: 1 });
    expect(await back.next("synced")).toMatchObject({ last_seq: seq, rev: 1, has_more: false });
    back.send({ type: "send", ...said });
    expect(await back.next("ack")).toMatchObject({ seq });
    expect(back.messages).toEqual([]);
  });
});
