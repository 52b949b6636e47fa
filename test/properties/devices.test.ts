import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { register } from "../support/clients/api.ts";
import { createGroup, deleteMessage, send } from "../support/clients/chat.ts";
import { openRoom } from "../support/clients/socket.ts";
import { runOptions } from "../support/property-runs.ts";
import { setNoRateLimits } from "../support/settings.ts";
import { setTiming } from "../support/timing.ts";
import { play, TIMING_OF_STORIES } from "./devices/play.ts";
import { ROOMS, story } from "./devices/steps.ts";

// The users of a long run ask for more pages than are allowed in a minute.
beforeAll(setNoRateLimits);
beforeAll(() => setTiming(TIMING_OF_STORIES));

const FEW = runOptions(2, 4);
const STORY_MS = 60_000;

test("under concurrent calls each device shows each message once, as HTTP returns it", {
  timeout: FEW.numRuns * STORY_MS,
}, async () => {
  const property = fc.asyncProperty(story, (played) => play(played, ROOMS));
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
