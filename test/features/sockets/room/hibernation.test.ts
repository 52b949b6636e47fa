import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { newSession } from "../../../support/accounts/sessions.ts";
import type { SignedIn } from "../../../support/clients/api.ts";
import { call, registerUsers } from "../../../support/clients/api.ts";
import { ask } from "../../../support/clients/chat.ts";
import { openRoom } from "../../../support/clients/socket.ts";
import { advanceClock, freezeClock } from "../../../support/clock.ts";
import {
  conversationObject,
  createGroupId,
  inboxObject,
  postText,
  range,
  runInboxJob,
  sessionOf,
  signInAgain,
  textFrame,
  untilShownOnline,
} from "../../../support/objects/room.ts";
import { setTiming } from "../../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;

// A short cooldown, as an object with a pending timer is not evicted.
beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));

beforeAll(async () => {
  [ann, bob] = await registerUsers(2);
});

/** The sessions that have a registered socket in a user's inbox. */
async function sessions({ user }: SignedIn): Promise<string[]> {
  const rows = await runInDurableObject(inboxObject(user.id), (_, { storage }) =>
    storage.sql.exec("SELECT session_id FROM sockets").toArray(),
  );
  return rows.map((row) => z.object({ session_id: z.string() }).parse(row).session_id);
}

/** Resolves once the inbox has no registered socket of this session. */
async function untilUnregistered(person: SignedIn): Promise<void> {
  while ((await sessions(person)).includes(sessionOf(person))) await Promise.resolve();
}

test("after hibernation messages reach every socket, in order", async () => {
  const id = await createGroupId(ann, bob);
  const [anns, bobs] = [await openRoom(id, ann.token), await openRoom(id, bob.token)];
  for (const round of range(0, 4)) {
    anns.send(textFrame(`ann ${round}`, `${round}`));
    await bobs.until(({ messages }) => messages.length === 2 * round + 1);
    await evictDurableObject(conversationObject(id));
    await postText(id, ann, `http ${round}`);
    await bobs.until(({ messages }) => messages.length === 2 * round + 2);
    await anns.until(({ messages }) => messages.length === round + 1);
    await evictDurableObject(conversationObject(id));
  }
  expect(bobs.seqs).toEqual(range(1, 10));
  const times = bobs.messages.map(({ created_at }) => Number(created_at));
  expect(times).toEqual([...times].sort((a, b) => a - b));
});

test("a repeated client_msg_id is recognised after hibernation", async () => {
  const id = await createGroupId(ann, bob);
  const socket = await openRoom(id, ann.token);
  socket.send(textFrame("once", "same"));
  const first = await socket.next("ack");
  await evictDurableObject(conversationObject(id));
  socket.send(textFrame("once", "same"));
  expect(await socket.next("ack")).toEqual(first);
  expect(await postText(id, ann, "next")).toBe(2);
});

test("a socket in a replay continues the replay after hibernation", async () => {
  const id = await createGroupId(ann, bob);
  const sender = await openRoom(id, ann.token);
  sender.send({ type: "sends", items: range(1, 64).map((i) => textFrame(`${i}`)) });
  sender.send({ type: "sends", items: range(65, 128).map((i) => textFrame(`${i}`)) });
  await sender.until(({ acks }) => acks.length === 128);
  const late = await openRoom(id, bob.token, "?after=0&rev=0");
  expect(await late.next("synced")).toMatchObject({ last_seq: 100, has_more: true });
  await evictDurableObject(conversationObject(id));
  expect(await postText(id, ann, "129")).toBe(129);
  await late.untilProcessed();
  expect(late.seqs).toEqual(range(1, 100));
  late.send({ type: "sync", after: 100 });
  expect(await late.next("synced")).toMatchObject({ last_seq: 129, has_more: false });
  await evictDurableObject(conversationObject(id));
  await postText(id, ann, "130");
  await late.until(({ seqs }) => seqs.includes(130));
  expect(late.seqs).toEqual(range(1, 130));
});

test("the inbox unregisters a socket that closes while its conversation hibernates", async () => {
  const phone = await signInAgain(ann);
  const id = await createGroupId(ann, bob);
  const socket = await openRoom(id, phone.token);
  expect(await sessions(phone)).toContain(sessionOf(phone));
  await evictDurableObject(conversationObject(id));
  socket.close();
  await socket.closed();
  await untilUnregistered(phone);
});

test("closing one of two sockets keeps the session registered in the inbox", async () => {
  const phone = await signInAgain(ann);
  const id = await createGroupId(ann, bob);
  const [first, second] = [await openRoom(id, phone.token), await openRoom(id, phone.token)];
  first.close();
  await first.closed();
  await second.untilProcessed();
  expect(await sessions(phone)).toContain(sessionOf(phone));
  expect((await call("POST", "/v1/logout", { token: phone.token })).status).toBe(204);
  expect((await second.closed()).code).toBe(4001);
});

test("a user with a room socket is online until the grace after the last socket closes", async () => {
  const [eve = ann] = await registerUsers(1);
  const id = await createGroupId(eve, ann);
  await untilShownOnline(eve, false);
  const [first, second] = [await openRoom(id, eve.token), await openRoom(id, eve.token)];
  await untilShownOnline(eve, true);
  first.close();
  await first.closed();
  await evictDurableObject(inboxObject(eve.user.id));
  await untilShownOnline(eve, true);
  second.close();
  await second.closed();
  await untilUnregistered(eve);
  // Runs the job at the end of the grace of five seconds now.
  await runInboxJob(eve, "offline");
  await untilShownOnline(eve, false);
});

test("list and unread count are correct after evictions of the inbox", async () => {
  const id = await createGroupId(ann, bob);
  await postText(id, ann, "one");
  await postText(id, ann, "two");
  await evictDurableObject(inboxObject(bob.user.id));
  await evictDurableObject(conversationObject(id));
  await postText(id, ann, "three");
  const bobs = await openRoom(id, bob.token);
  bobs.send({ type: "read", seq: 1 });
  await bobs.untilProcessed();
  await ask(bob, id, "PUT", "/read", { seq: 1 });
  await evictDurableObject(inboxObject(bob.user.id));
  const list = await call("GET", "/v1/conversations?limit=1", { token: bob.token });
  expect(list.body).toMatchObject({
    items: [{ id, last_seq: 3, read_seq: 1, unread_count: 2, last_message: { body: { text: "three" } } }],
  });
});

test("a socket is kicked when its token expires, and sockets with other tokens stay open", async () => {
  const id = await createGroupId(ann, bob);
  freezeClock();
  const expiresAt = (Math.floor(Date.now() / 1_000) + 100) * 1_000;
  const { token } = await newSession(ann, expiresAt);
  const [expiring, deaf] = [await openRoom(id, token), await openRoom(id, token, "", { halfOpen: true })];
  const [anns, bobs] = [await openRoom(id, ann.token), await openRoom(id, bob.token)];
  const stub = conversationObject(id);
  for (const time of [expiresAt - 1, expiresAt]) {
    await expiring.untilProcessed();
    const alarm = await runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
    expect(alarm ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(expiresAt);
    advanceClock(time - Date.now());
    await runDurableObjectAlarm(stub);
  }
  expect((await expiring.closed()).code).toBe(4001);
  expect((await deaf.closed()).code).toBe(4001);
  for (const socket of [expiring, deaf]) {
    expect(socket.of("kicked")).toEqual([{ type: "kicked", reason: "token_expired" }]);
  }
  await anns.untilProcessed();
  await bobs.untilProcessed();
  const next = await runInDurableObject(stub, (_, { storage }) =>
    storage.sql.exec("SELECT due FROM jobs WHERE kind = 'expiry'").toArray(),
  );
  const { due } = z.object({ due: z.int() }).parse(next[0]);
  expect(due).toBe(Math.floor(Math.min(ann.expires_at, bob.expires_at) / 1_000) * 1_000);
});
