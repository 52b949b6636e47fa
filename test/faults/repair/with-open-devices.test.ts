import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { turns } from "../../support/accounts/sessions.ts";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import {
  createGroup,
  insertUsers,
  list,
  openDirect,
  page,
  remove,
  send,
  sendAll,
} from "../../support/clients/chat.ts";
import { Device } from "../../support/clients/device.ts";
import { shown } from "../../support/clients/displayed.ts";
import { HeldConversation } from "../../support/faults/hold.ts";
import { runJobs } from "../../support/objects/assert-consistent.ts";
import { inboxObject, range } from "../../support/objects/room.ts";
import { handIn, setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
/** a direct conversation, a group, and one in which nothing was said */
let ids: number[];

beforeAll(() => setTiming({ fanout: { cooldownMs: 1 }, indexing: { idleMs: 1 } }));

beforeEach(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
  const [direct, group, quiet] = [
    await openDirect(ann, bob),
    await createGroup(bob, [ann]),
    await createGroup(bob, [ann]),
  ];
  ids = [direct.id, group.id, quiet.id];
  for (const { id } of [direct, group]) await sendAll(bob, id, ["one", "two", "three"]);
  await remove(bob, group.id, 2, "everyone");
});

function corrupt({ user }: SignedIn, ...statements: string[]): Promise<void> {
  return runInDurableObject(inboxObject(user.id), (_, { storage }) => {
    for (const statement of statements) storage.sql.exec(statement);
  });
}

async function repair(who: SignedIn): Promise<void> {
  await corrupt(who, "UPDATE presence SET repaired_at = 0");
  const answer = await call("POST", "/v1/me/repair", { token: who.token });
  expect(answer).toMatchObject({ status: 200, body: { unreachable: 0 } });
}

const Attachment = z.object({ id: z.string() });

/** The ids of the sockets of somebody's devices. */
function socketIds({ user }: SignedIn): Promise<string[]> {
  return runInDurableObject(inboxObject(user.id), (_, state) =>
    state.getWebSockets().map((ws) => Attachment.parse(ws.deserializeAttachment()).id),
  );
}

/** Sends once into each conversation. */
async function talk(content: string): Promise<void> {
  for (const id of ids) await send(bob, id, content);
}

/** Asserts that a device shows all that there is, once. */
async function showsAll(device: Device): Promise<void> {
  for (const id of ids) {
    const { items } = await page(ann, id, "?after=0&limit=100");
    await device.until(() => device.displayed(id).messages.length === items.length);
    expect(device.displayed(id).messages).toEqual(items.map(shown));
  }
}

/** Asserts that the list has what history has. */
async function listsAll(): Promise<void> {
  for (const { id, last_seq, read_seq, unread_count, last_message } of (await list(ann)).items) {
    const { items } = await page(ann, id, "?after=0&limit=100");
    const unread = items.filter(({ seq, kind }) => seq > read_seq && kind !== "tip").length;
    expect({ last_seq, unread_count, seq: last_message?.seq }).toEqual({
      ...{ last_seq: items.at(-1)?.seq ?? 0, unread_count: unread, seq: items.at(-1)?.seq },
    });
  }
}

/** Every conversation's fan-out has told what it has to tell. */
async function allTold(): Promise<void> {
  for (const id of ids) await runJobs(id);
}

test("sockets that are open stay open, and are told everything once, before, meanwhile and after", async () => {
  const [first, second] = [new Device(ann, 1), new Device(ann, 2)];
  await first.come();
  await talk("before");
  await Promise.all([repair(ann), talk("meanwhile"), second.come()]);
  await talk("after");
  await evictDurableObject(inboxObject(ann.user.id));
  await repair(ann);
  await talk("later");
  for (const device of [first, second]) {
    await showsAll(device);
    expect(device.sockets).toBe(1);
    device.leave();
  }
});

test("what is wrong in the list alone closes no socket", async () => {
  const device = new Device(ann);
  await device.come();
  await talk("before");
  await allTold();
  await corrupt(ann, "UPDATE conversations SET ver = ver + 99, last_n = 77, preview = NULL, sticky = 1");
  await talk("hardly heard");
  await allTold();
  // Nor are changes told again which it says were not.
  await corrupt(ann, "UPDATE conversations SET told_rev = 0");
  await repair(ann);
  await listsAll();
  await talk("after");
  await showsAll(device);
  await listsAll();
  expect(device.sockets).toBe(1);
  device.leave();
});

test("a large group that was taken for a small one tells a device at once from then on", async () => {
  const { id } = await createGroup(bob, [ann, ...(await insertUsers(64))]);
  ids = [id];
  await allTold();
  // Whoever comes says hello to large groups, and to where something has just happened.
  await corrupt(ann, "UPDATE conversations SET member_count = 2, updated_at = 1");
  await evictDurableObject(inboxObject(ann.user.id));
  const device = new Device(ann);
  await device.come();
  await repair(ann);
  await talk("hello");
  await showsAll(device);
  expect(device.sockets).toBe(1);
  device.leave();
});

/** What an inbox may have wrong of where sockets stand, as statements about the one whose id is `?`. */
const WRONG: Record<string, string[]> = {
  "places are less than the sockets know": ["UPDATE conversations SET told_seq = 1, told_rev = 0"],
  "places are more than there is": ["UPDATE conversations SET told_seq = 99"],
  "places are of changes that there are not": ["UPDATE conversations SET told_rev = 99"],
  "places are of an epoch to come, of rows that are wrong": [
    "UPDATE conversations SET told_epoch = 99, last_seq = 1",
  ],
  "places are one for the other": ["UPDATE conversations SET told_seq = told_rev, told_rev = told_seq"],
  "all is gone": ["DELETE FROM conversations"],
  "all seems to be left": ["UPDATE conversations SET state = 'left'"],
  "cursors are ahead of all": [
    "INSERT INTO device_cursors SELECT ?, conversation_id, 99, 9, 0 FROM conversations",
  ],
};

test.each(Object.entries(WRONG))(
  "where %s, a device is closed, and shows everything once in the end",
  async (_, wrong) => {
    const device = new Device(ann);
    await device.come();
    await talk("before");
    await allTold();
    const [socketId] = await socketIds(ann);
    await corrupt(ann, ...wrong.map((statement) => statement.replace("?", `'${socketId}'`)));
    await evictDurableObject(inboxObject(ann.user.id));
    await repair(ann);
    // It is closed, and its client comes back.
    expect(await device.until(() => false)).toBe(false);
    expect(device.isHere).toBe(false);
    await device.come();
    await talk("after");
    const [first = 0] = ids;
    await remove(bob, first, 1, "everyone");
    await device.until(() => device.displayed(first).messages.some(({ revoked }) => revoked));
    await showsAll(device);
    await listsAll();
    device.leave();
  },
);

test("what was lost on a socket is told once the places are repaired", async () => {
  const device = new Device(ann);
  await device.come();
  await talk("before");
  await allTold();
  await corrupt(ann, "UPDATE conversations SET told_seq = 99");
  await talk("never told");
  await allTold();
  for (const id of ids)
    expect(device.displayed(id).messages.length).toBeLessThan((await page(ann, id)).items.length);
  await repair(ann);
  await device.until(() => false);
  await device.come();
  await showsAll(device);
  device.leave();
});

test("repairs while messages pour in lose and repeat nothing", async () => {
  const devices = [new Device(ann, 1), new Device(ann, 2)];
  for (const device of devices) await device.come();
  let isOver = false;
  const repairs = async () => {
    for (let i = 0; !isOver; i++) {
      if (i % 2 === 0)
        await corrupt(ann, "UPDATE conversations SET last_n = 0, ver = ver + 50, preview = NULL");
      await repair(ann);
    }
  };
  const pour = async (id: number) => {
    for (const i of range(1, 30)) await send(bob, id, `${i}`);
  };
  const repairing = repairs();
  await Promise.all(ids.map(pour));
  isOver = true;
  await repairing;
  await repair(ann);
  await listsAll();
  await talk("after");
  for (const device of devices) {
    await showsAll(device);
    expect(device.sockets).toBe(1);
    device.leave();
  }
});

test.each([
  ["counts", "UPDATE conversations SET last_n = 9, ver = 99", false],
  ["places", "UPDATE conversations SET last_seq = 1, last_n = 9", true],
])(
  "a socket that opens while the repair waits, where %s were wrong, is told everything once",
  async (...row) => {
    const [, wrong, closes] = row;
    const [first = 0] = ids;
    // The socket gives up a conversation for which the repair waits.
    handIn({ subscription: { callTimeoutMs: 50 }, listRepair: { callTimeoutMs: 20_000 } });
    await allTold();
    await evictDurableObject(env.CONVERSATION.getByName(String(first)));
    await corrupt(ann, wrong);
    const held = await HeldConversation.hold(first);
    const device = new Device(ann);
    const repairing = repair(ann);
    const coming = device.come();
    while (device.sockets === 0) await turns(1);
    await held.release();
    await repairing;
    if (closes) {
      // It is closed while it comes, and comes back.
      await coming.catch(() => undefined);
      expect(await device.until(() => false)).toBe(false);
      await device.come();
    }
    await coming.catch(() => undefined);
    await talk("after");
    await showsAll(device);
    expect(device.sockets).toBe(closes ? 2 : 1);
    await listsAll();
    device.leave();
  },
);
