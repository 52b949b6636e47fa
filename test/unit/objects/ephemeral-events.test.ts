import { describe, expect, onTestFinished, test, vi } from "vitest";
import { ConversationUpdates } from "../../../src/conversation/delivery/conversation-updates.ts";
import { EphemeralEvents } from "../../../src/conversation/delivery/ephemeral-events.ts";
import { ConversationId, Position, UserId } from "../../../src/domain/ids.ts";
import { inIsolatedObject, isolatedRoom } from "../../support/objects/isolated-room.ts";
import { range } from "../../support/objects/room.ts";
import { timing } from "../../support/timing.ts";

const [ANN, BOB] = [UserId.parse(1), UserId.parse(2)];
const conversationId = ConversationId.parse(1);

test("an old typing event is not delivered, nor is it kept for delivery", () => {
  const passings = new EphemeralEvents(timing.typing);
  passings.add([BOB], "typing 1", { type: "typing", conversationId, userId: ANN });
  expect(passings.of(BOB).map(({ event }) => event.type)).toEqual(["typing"]);
  const later = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 4_000);
  onTestFinished(() => later.mockRestore());
  expect(passings.of(BOB)).toEqual([]);
  expect(passings.has(BOB)).toBe(false);
});

test("the newest event of each kind waits behind older ones until it is delivered", () => {
  const passings = new EphemeralEvents(timing.typing);
  const read = (seq: number) => ({
    type: "read" as const,
    conversationId,
    userId: ANN,
    seq: Position.parse(seq),
  });
  passings.add([BOB], "read 1", read(1));
  passings.add([BOB], "typing 1", { type: "typing", conversationId, userId: ANN });
  passings.add([BOB], "read 1", read(2));
  const waiting = passings.of(BOB);
  expect(waiting.map(({ event }) => event)).toMatchObject([{ type: "typing" }, { type: "read", seq: 2 }]);
  passings.add([BOB], "read 1", read(3));
  passings.delivered(BOB, Math.max(...waiting.map(({ id }) => id)));
  expect(passings.of(BOB).map(({ event }) => event)).toEqual([read(3)]);
});

describe("conversation updates", () => {
  test("1,000 members get their update a hundred at a time, once each", async () => {
    await inIsolatedObject("group", async (storage) => {
      const everybody = range(1, 1_000).map((id) => UserId.parse(id));
      const asked: UserId[][] = [];
      await new Promise<void>((resolve) => {
        const listed = async (_: unknown, userIds: UserId[]) => {
          asked.push(userIds);
          if (asked.flat().length === everybody.length) resolve();
          return new Map();
        };
        const announcements = new ConversationUpdates(
          isolatedRoom(storage),
          { listed },
          timing.announcements,
          { reaches: () => true, refresh: () => [], tell: () => undefined },
        );
        announcements.send(everybody);
        announcements.send(everybody.slice(500));
      });
      expect(asked.flat()).toEqual(everybody);
      expect(Math.max(...asked.map(({ length }) => length))).toBe(100);
    });
  });
});
