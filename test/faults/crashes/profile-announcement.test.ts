import { runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { TIMING } from "../../../src/domain/timing.ts";
import { changeProfile, senderSeenBy } from "../../support/accounts/profiles.ts";
import { runInboxJobs } from "../../support/accounts/sessions.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { advanceClock } from "../../support/clock.ts";
import { until, whileHeld } from "../../support/event-loop.ts";
import { HeldCalls, loseCalls } from "../../support/faults/calls.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import { createGroupId, inboxObject, itemAt, postText } from "../../support/objects/room.ts";
import { evict } from "../../support/objects/sleep.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
/** a group of both, in which Bob has written */
let id: ConversationId;

beforeEach(async () => {
  const two = await signedInUsers(2);
  [ann, bob] = [itemAt(two, 0), itemAt(two, 1)];
  id = await createGroupId(bob, ann);
  await postText(id, bob, "hello");
});

describe("an announcement that was lost", () => {
  // No round makes up for it during a test, unless the test runs it.
  beforeEach(() => setTiming({ profileAnnouncement: { roundDelayMs: 3_600_000 } }));

  test("before the inbox had it: a minute later readers and sockets have the change", async () => {
    const [device, room] = [await openDevice(ann.token), await openRoom(id, ann.token)];
    {
      using lost = loseCalls("call", ({ method }) => method === "announceProfile");
      await changeProfile(bob, { nickname: "Rob" });
      expect(lost.isHit).toBe(true);
    }
    expect(await senderSeenBy(ann, id)).toMatchObject({ nickname: "" });
    advanceClock(TIMING.profileCache.freshMs + 1);
    expect(await senderSeenBy(ann, id)).toMatchObject({ nickname: "Rob" });
    for (const socket of [device, room])
      expect(await socket.next("profile")).toMatchObject({ user: { id: bob.user.id, nickname: "Rob" } });
  });

  test("to a conversation: the inbox goes on by its job, after a crash too", async () => {
    const room = await openRoom(id, ann.token);
    {
      using lost = loseCalls("call", ({ method }) => method === "takeProfile");
      await changeProfile(bob, { nickname: "Rob" });
      expect(lost.isHit).toBe(true);
    }
    expect(await senderSeenBy(ann, id)).toMatchObject({ nickname: "" });
    const inbox = inboxObject(bob.user.id);
    await runInDurableObject(inbox, (_, state) => state.abort("lost on purpose")).catch(() => undefined);
    expect(await runInboxJobs(bob, ["profile"])).toBe(1);
    expect(await senderSeenBy(ann, id)).toMatchObject({ nickname: "Rob" });
    expect(await room.next("profile")).toMatchObject({ user: { nickname: "Rob" } });
    expect(await runInboxJobs(bob, ["profile"])).toBe(0);
  });

  test("with its answer: the repeated one is told of once", async () => {
    const room = await openRoom(id, ann.token);
    {
      using _ = loseCalls("answer", ({ method }) => method === "takeProfile");
      await changeProfile(bob, { nickname: "Rob" });
    }
    await runInboxJobs(bob, ["profile"]);
    await postText(id, bob, "later");
    await room.until(({ messages }) => messages.length === 1);
    expect(room.of("profile")).toHaveLength(1);
  });
});

describe("an older profile that comes late replaces no newer one", () => {
  test("by a call of the inbox", async () => {
    const room = await openRoom(id, ann.token);
    let calls = 0;
    using held = new HeldCalls(({ method }) => method === "takeProfile" && ++calls === 1);
    const first = changeProfile(bob, { nickname: "Robert" });
    await held.arrived();
    await changeProfile(bob, { nickname: "Rob" });
    held.release();
    await first;
    expect(await senderSeenBy(ann, id)).toMatchObject({ nickname: "Rob" });
    await postText(id, bob, "later");
    await room.until(({ messages }) => messages.length === 1);
    expect(room.of("profile")).toMatchObject([{ user: { nickname: "Rob" } }]);
  });

  test("by an answer of D1", async () => {
    await evict(id);
    advanceClock(TIMING.profileCache.freshMs + 1);
    let isAsked = false;
    let isReleased = false;
    using _ = interceptD1(async (query, work) => {
      const answer = await work();
      if (query.includes("profile_version") && !isAsked) {
        isAsked = true;
        await whileHeld(() => !isReleased);
      }
      return answer;
    });
    const reading = senderSeenBy(ann, id);
    await until(() => isAsked, "the profile is asked for");
    await changeProfile(bob, { nickname: "Rob" });
    isReleased = true;
    expect(await reading).toMatchObject({ nickname: "Rob" });
    expect(await senderSeenBy(ann, id)).toMatchObject({ nickname: "Rob" });
  });
});
