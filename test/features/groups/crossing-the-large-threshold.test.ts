import { beforeAll, expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import {
  createGroup,
  insertUsers,
  list,
  listedConversation,
  type Named,
} from "../../support/clients/chat.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { advanceClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { Costs } from "../../support/objects/costs.ts";
import { postText } from "../../support/objects/room.ts";
import { sleepUntilAlarm, sleepUntilQuiet, untilCheckpoint } from "../../support/objects/sleep.ts";
import { setTiming, timing } from "../../support/timing.ts";

const { aboveMembers: LIMIT } = timing.largeGroup;

let owner: SignedIn;
/** has no device, and reads their list now and then */
let reader: SignedIn;
let added: SignedIn;
let silent: Named[];

beforeAll(() =>
  setTiming({
    pace: { perSecond: 10_000, burst: 1_000 },
    fanout: { checkpointMs: 20 },
    deviceFeed: { holdMs: 10 },
  }),
);

beforeAll(async () => {
  [owner, reader, added] = await signedInUsers(3);
  silent = await insertUsers(LIMIT + 1);
});

/** A group of so many members whose inboxes have all of it, and which has slept since. */
async function quietGroup(members: number, costs: Costs): Promise<ConversationId> {
  const others = [reader, ...silent.slice(0, members - 2)];
  const id = ConversationId.parse((await createGroup(owner, others)).id);
  await eventually(() => expect(others.every(({ user }) => costs.newestSeq.has(String(user.id)))).toBe(true));
  await sleepUntilQuiet(id);
  advanceClock(2 * timing.fanout.largeGroupCooldownMs);
  costs.reset();
  return id;
}

async function add(id: ConversationId): Promise<void> {
  const body = { user_ids: [added.user.id] };
  expect((await call("POST", `/v1/conversations/${id}/members`, { token: owner.token, body })).status).toBe(
    200,
  );
}

async function remove(id: ConversationId): Promise<void> {
  const path = `/v1/conversations/${id}/members/${added.user.id}`;
  expect((await call("DELETE", path, { token: owner.token })).status).toBe(204);
}

/** Lets what inboxes know of recent updates expire: their lists ask large groups alone. */
const expireRecent = () => advanceClock(timing.recent.subscribeMs + 1);

test.each([LIMIT - 3, LIMIT, LIMIT + 3])(
  "a member of %i who is joined by one more has a current list, and a device that hears live messages",
  async (members) => {
    using costs = new Costs(silent);
    const id = await quietGroup(members, costs);
    await add(id);
    let seq = 0;
    for (const text of ["one", "two", "three"]) {
      advanceClock(timing.fanout.cooldownMs);
      seq = await postText(id, owner, text);
    }
    await untilCheckpoint(id);
    expireRecent();
    const shown = { member_count: members + 1, last_seq: seq, unread_count: 3 };
    expect(await listedConversation(reader, id)).toMatchObject(shown);
    expireRecent();
    const device = await openDevice(reader.token);
    const live = await postText(id, owner, "live");
    await device.until(({ seqs }) => seqs.includes(live));
    device.close();
  },
);

test("members of a group that shrinks to the threshold wait for no alarm, though one has just served them", async () => {
  using costs = new Costs(silent);
  const id = await quietGroup(LIMIT, costs);
  await add(id);
  await untilCheckpoint(id);
  advanceClock(2 * timing.fanout.largeGroupCooldownMs);
  await postText(id, owner, "deferred");
  await untilCheckpoint(id);
  await sleepUntilAlarm(id);
  costs.reset();
  await remove(id);
  const seq = await postText(id, owner, "at once");
  const all = [reader, ...silent.slice(0, LIMIT - 2)];
  await eventually(() => {
    for (const { user } of all) expect(costs.newestSeq.get(String(user.id))).toBe(seq);
  });
  expect(await listedConversation(reader, id)).toMatchObject({ member_count: LIMIT, last_seq: seq });
});

test("a large group that is dissolved is gone from the list of a member without devices", async () => {
  using costs = new Costs(silent);
  const id = await quietGroup(LIMIT, costs);
  await add(id);
  await untilCheckpoint(id);
  advanceClock(2 * timing.fanout.largeGroupCooldownMs);
  expect((await call("DELETE", `/v1/conversations/${id}`, { token: owner.token })).status).toBe(204);
  expireRecent();
  expect((await list(reader)).items.map((item) => item.id)).not.toContain(id);
});
