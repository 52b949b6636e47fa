import { expect, test } from "vitest";
import type { Room } from "../../../src/conversation/room.ts";
import { Seq } from "../../../src/domain/ids.ts";
import { ANN, BOB, inIsolatedObject, isolatedRoom } from "../../support/objects/isolated-room.ts";
import { rowsRead } from "../../support/objects/statements.ts";
import { addMembers, addVisitors } from "../../support/objects/visitors.ts";

const VISITORS = 20_000;
/** How much more a group with visitors may read than one without. */
const MOST = 1.3;

function say(room: Room): Promise<unknown> {
  const draft = { clientMsgId: undefined, kind: "text", body: '{"text":"hi"}', quoteSeq: undefined } as const;
  return room.sends.send(ANN, { ...draft, mentions: [] });
}

const HAPPENS: Record<string, (room: Room) => unknown> = {
  "a message": say,
  "a message with a quote": async (room) => {
    const quoteSeq = Seq.parse(1);
    const draft = { clientMsgId: undefined, kind: "text", body: "{}", quoteSeq, mentions: [] } as const;
    await room.sends.send(ANN, { ...draft, mentions: [] });
  },
  "the alarm": (room) => room.fanout.repair(),
  "a refresh of profiles": (room) => room.profiles.ensureFresh(),
  "a page": (room) => room.deviceCalls.replay({ userId: BOB, after: room.log.last.seq, rev: room.state.rev }),
  "a read": (room) => room.readPositions.read(BOB, undefined, null),
  "a revoke": (room) => room.redaction.revoke(ANN, Seq.parse(1)),
  "a new name": (room) => room.commit((tx) => room.change(tx, { profile: { name: "new" } })),
  "a list of members": (room) => room.memberList.page(ANN, { limit: 100 }),
};

/** The rows that a group of five reads when it wakes up, and at each thing that happens. */
async function rowsOf(visitors: number): Promise<Map<string, number>> {
  const rows = new Map<string, number>();
  await inIsolatedObject("group", async (storage) => {
    addMembers(storage.sql, [3, 4, 5]);
    await say(isolatedRoom(storage));
    if (visitors > 0) addVisitors(storage.sql, 100, visitors);
    let room: Room | undefined;
    const wakeUp = () => {
      room = isolatedRoom(storage);
      room.resume();
    };
    rows.set("the wake-up", await rowsRead(storage.sql, wakeUp));
    for (const [what, happens] of Object.entries(HAPPENS)) {
      rows.set(what, await rowsRead(storage.sql, () => room && happens(room)));
    }
  });
  return rows;
}

test("a group reads the rows of its members, however many visitors it had", async () => {
  const [without, withVisitors] = [await rowsOf(0), await rowsOf(VISITORS)];
  for (const [what, rows] of withVisitors) {
    expect(rows, what).toBeLessThanOrEqual((without.get(what) ?? 0) * MOST);
  }
});
