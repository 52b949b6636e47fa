import { expect, test } from "vitest";
import { EphemeralEvents } from "../../../src/conversation/delivery/ephemeral-events.ts";
import { RoomFanoutSource } from "../../../src/conversation/delivery/fanout-source.ts";
import { TIMING } from "../../../src/domain/timing.ts";
import { CatchUp } from "../../../src/inbox/list/catch-up.ts";
import { inIsolatedObject, isolatedRoom } from "../../support/objects/isolated-room.ts";
import { overrideTiming, timing } from "../../support/timing.ts";

test("conversations and inboxes agree on which groups are large", () =>
  inIsolatedObject("group", async (storage) => {
    const room = isolatedRoom(storage);
    const membership = new RoomFanoutSource(room, new EphemeralEvents(timing.typing), timing.largeGroup);
    const asked: number[] = [];
    const catchUp = new CatchUp({
      list: {
        holdingBack: (_, members) => {
          asked.push(members);
          return { heard: [], large: [], crowds: [] };
        },
        known: () => null,
        lostByCrash: () => [],
      },
      jobs: { schedule: () => undefined, cancel: () => undefined, keys: () => [], has: () => false },
      ask: () => Promise.reject(new Error("there is no group")),
      feed: { storeSnapshot: () => undefined, take: () => Promise.resolve(null) },
      ...{ crowdMembers: 1, awaits: () => false },
      timing,
    });
    // The group has two members.
    for (const [aboveMembers, isLarge] of [
      [TIMING.largeGroup.aboveMembers, false],
      [2, false],
      [1, true],
    ] as const) {
      overrideTiming({ largeGroup: { aboveMembers } });
      expect(membership.isLarge()).toBe(isLarge);
      await catchUp.beforeList(false);
      expect(asked.at(-1)).toBe(aboveMembers);
    }
  }));
