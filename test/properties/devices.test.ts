import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { register } from "../support/clients/api.ts";
import { createGroup, deleteMessage, send } from "../support/clients/chat.ts";
import { openRoom } from "../support/clients/socket.ts";
import { runOptions } from "../support/property-runs.ts";
import { story } from "./devices/steps.ts";
import { World } from "./devices/world.ts";

const FEW = runOptions(5);
const STORY_MS = 60_000;

test("under concurrent calls each device shows each message once, as HTTP returns it", {
  timeout: FEW.numRuns * STORY_MS,
}, async () => {
  const property = fc.asyncProperty(story, async ({ devices, steps }) => {
    const world = await World.make(devices);
    try {
      for (const step of steps) await world.step(step);
      await world.end();
    } finally {
      await world.close();
    }
  });
  await fc.assert(property, { ...FEW, timeout: STORY_MS, endOnFailure: true });
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
