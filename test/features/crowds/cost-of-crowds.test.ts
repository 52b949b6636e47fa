import { beforeAll, expect, inject, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { Costs } from "../../support/objects/costs.ts";
import { perMessage } from "../../support/objects/counted-group.ts";
import {
  conversationObject,
  createGroupId,
  evictRunning,
  postText,
  range,
} from "../../support/objects/room.ts";
import { Writes, type Written } from "../../support/objects/writes.ts";
import { setCrowdMembers, setLiveMembers } from "../../support/settings.ts";
import { setTiming } from "../../support/timing.ts";

const LIFETIME_S = 24 * 60 * 60;
const PATIENCE = { timeout: 60_000, interval: 20 };
const BURST = 20;
/** A conversation has so many relays at most. */
const RELAYS = 16;

interface Crowd {
  members: number;
  /** members with a room socket, in relays */
  looking: number;
}

const SMALL: Crowd[] = [
  { members: 10, looking: 0 },
  { members: 100, looking: 0 },
  { members: 100, looking: 10 },
];
const ALL: Crowd[] = [
  ...SMALL,
  { members: 1_000, looking: 0 },
  { members: 1_000, looking: 10 },
  { members: 1_000, looking: 100 },
];

// Without a pace those who are added are told soon.
beforeAll(() => setTiming({ pace: { perSecond: 10_000, burst: 1_000 } }));
// More than four members are a crowd, and relays hold all sockets but the owner's.
beforeAll(() => setCrowdMembers(4));
beforeAll(() => setLiveMembers(1));

test.for(inject("costTable") === "" ? SMALL : ALL)(
  "a message in a crowd of $members at which $looking look costs by who looks, and not by members",
  { timeout: 300_000 },
  async ({ members, looking }) => {
    const [ann, ...others] = await signedInUsers(members, LIFETIME_S);
    if (!ann) throw new Error("a crowd has an owner");
    const id = await told(ann, others);
    const own = await openRoom(id, ann.token);
    const sockets: TestSocket[] = [];
    for (const { token } of others.slice(0, looking)) sockets.push(await openRoom(id, token));
    const relays = Math.min(looking, RELAYS);
    const sendMany = (from: number, count: number) =>
      counted(id, others, async () => {
        for (const seq of range(from, from + count - 1)) await postText(id, ann, `message ${seq}`);
        const last = `message ${from + count - 1}`;
        for (const socket of [own, ...sockets])
          await socket.until(({ frames }) => JSON.stringify(frames).includes(last));
      });
    await sendMany(2, 1);
    const lone = await sendMany(3, 1);
    const burst = await sendMany(4, BURST);
    const shares = [burst.calls, burst.conversationRows, burst.inboxRows];
    const cells = [lone.calls, lone.conversationRows, lone.inboxRows];
    console.log(
      `| ${[members, looking, ...cells, ...shares.map((one) => perMessage(one, BURST))].join(" | ")} |`,
    );
    // The send, the sender's inbox and the relays.
    expect(lone.calls).toBeLessThanOrEqual(2 + relays);
    expect(burst.calls).toBeLessThanOrEqual((2 + relays) * BURST);
    // The message and its id, what relays were told; the list of the sender, and the positions of relays.
    expect(lone.conversationRows).toBeLessThanOrEqual(3);
    expect(lone.inboxRows).toBeLessThanOrEqual(2 + relays);
    expect(burst.conversationRows).toBeLessThanOrEqual(2 * BURST);
  },
);

/** Makes a group, and waits until all members were told of it. */
async function told(owner: SignedIn, others: readonly SignedIn[]): Promise<ConversationId> {
  using costs = new Costs(others, { channels: true });
  const id = await createGroupId(owner, ...others);
  await postText(id, owner, "before");
  await expect.poll(() => costs.inboxUpdates.size, PATIENCE).toBe(1 + others.length);
  return id;
}

/** Counts calls and rows of some work, and of what follows until the conversation has nothing to do. */
async function counted(
  id: ConversationId,
  others: readonly SignedIn[],
  work: () => Promise<unknown>,
): Promise<Written & { calls: number }> {
  const conversation = conversationObject(id);
  using writes = await Writes.begin(conversation);
  using costs = new Costs(others, { channels: true });
  await work();
  await evictRunning(conversation);
  const calls = [...costs.byMethod.values()].reduce((sum, count) => sum + count, 0);
  return { ...writes.written, calls };
}
