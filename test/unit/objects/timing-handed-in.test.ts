import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { EphemeralEvents } from "../../../src/conversation/delivery/ephemeral-events.ts";
import { RoomFanoutSource } from "../../../src/conversation/delivery/fanout-source.ts";
import { DraftId } from "../../../src/domain/messages/draft.ts";
import { TIMING } from "../../../src/domain/timing.ts";
import { CatchUp } from "../../../src/inbox/list/catch-up.ts";
import { freshName, register } from "../../support/clients/api.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { inIsolatedObject, isolatedRoom } from "../../support/objects/isolated-room.ts";
import { inboxObject } from "../../support/objects/room.ts";
import { overrideTiming, timing } from "../../support/timing.ts";

const DAY_MS = 24 * 60 * 60_000;

test("the Worker under test uses the timing of tests", async () => {
  expect((await register(freshName())).expires_at).toBeGreaterThan(Date.now() + 29 * DAY_MS);
  overrideTiming({ sessions: { lifetimeMs: DAY_MS } });
  expect((await register(freshName())).expires_at).toBeLessThanOrEqual(Date.now() + DAY_MS);
});

test("an overridden timing ends with its test", () => {
  expect(timing.sessions).toEqual(TIMING.sessions);
});

test("a running object reads a changed value when it next uses it", async () => {
  const { user } = await register(freshName());
  const inbox = inboxObject(user.id);
  const id = (digit: number) => DraftId.parse(`draft-0000000${digit}-0000-0000-0000-000000000000`);
  const content = {
    to: { type: "direct" as const, username: "nobody" },
    said: { kind: "text" as const, body: "{}" },
    mentions: [],
  };
  const createdAt = Date.now();
  const due = () =>
    runInDurableObject(inbox, (_, { storage }) => {
      const query = "SELECT due FROM jobs WHERE kind = 'drafts'";
      return storage.sql.exec<{ due: number }>(query).one().due - createdAt;
    });
  await inbox.keepDraft({ id: id(1), createdAt, content });
  expect(await due()).toBe(DAY_MS);
  overrideTiming({ drafts: { lifetimeMs: 5_000 } });
  await inbox.keepDraft({ id: id(2), createdAt, content });
  expect(await due()).toBe(5_000);
});

test("conversations and inboxes agree on which groups are large", () =>
  inIsolatedObject("group", async (storage) => {
    const room = isolatedRoom(storage);
    const membership = new RoomFanoutSource(room, new EphemeralEvents(timing.typing), timing.largeGroup);
    const asked: number[] = [];
    const catchUp = new CatchUp({
      list: {
        holdingBack: (_, members) => {
          asked.push(members);
          return { heard: [], large: [] };
        },
        lostByCrash: () => [],
      },
      jobs: { schedule: () => undefined, cancel: () => undefined, keys: () => [] },
      ask: () => Promise.reject(new Error("there is no group")),
      feed: { storeSnapshot: () => undefined },
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

test("a test can advance the clock, whether it runs or is frozen", () => {
  const before = Date.now();
  advanceClock(60_000);
  expect(Date.now()).toBeGreaterThanOrEqual(before + 60_000);
  const { resume: goesOn } = freezeClock();
  const stood = Date.now();
  expect(stood).toBeGreaterThanOrEqual(before + 60_000);
  advanceClock(5);
  expect(Date.now()).toBe(stood + 5);
  goesOn();
  expect(Date.now()).toBeGreaterThanOrEqual(stood + 5);
});
