import { expect, test } from "vitest";
import { Announcements } from "../../src/conversation/announcements.ts";
import { UserId } from "../../src/core/ids.ts";
import { inLoneObject, loneRoom } from "../support/lone-room.ts";
import { range } from "../support/room.ts";

test("1,000 members are told by the hundred, each once", async () => {
  await inLoneObject("group", async (storage) => {
    const everybody = range(1, 1_000).map((id) => UserId.parse(id));
    const asked: UserId[][] = [];
    await new Promise<void>((resolve) => {
      const listed = async (_: unknown, userIds: UserId[]) => {
        asked.push(userIds);
        if (asked.flat().length === everybody.length) resolve();
        return new Map();
      };
      const announcements = new Announcements(loneRoom(storage), { listed }, () => undefined);
      announcements.to(everybody);
      announcements.to(everybody.slice(500));
    });
    expect(asked.flat()).toEqual(everybody);
    expect(Math.max(...asked.map(({ length }) => length))).toBe(100);
  });
});
