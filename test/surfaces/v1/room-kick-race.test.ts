import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/core/ids.ts";
import type { SignedIn } from "../../support/api.ts";
import { call } from "../../support/api.ts";
import {
  anotherDevice,
  conversationObject,
  inboxObject,
  newGroup,
  nth,
  people,
  post,
  range,
  sessionOf,
} from "../../support/room.ts";
import { accepted, openRoom, roomPath, type TestSocket, upgrade } from "../../support/socket.ts";

const UPGRADES = 20;

let ann: SignedIn;
let bob: SignedIn;
let rooms: ConversationId[];

beforeAll(async () => {
  const registered = await people(2);
  ann = nth(registered, 0);
  bob = nth(registered, 1);
  rooms = [await newGroup(ann, bob), await newGroup(ann, bob)];
});

/** The sessions which have a socket in a conversation that the server has not closed. */
async function openSessions(id: ConversationId): Promise<string[]> {
  const attachments = await runInDurableObject(conversationObject(id), (_, state) =>
    state.getWebSockets().map((ws): unknown => ws.deserializeAttachment()),
  );
  const Attachment = z.object({ sessionId: z.string(), closing: z.boolean() });
  return attachments.flatMap((attachment) => {
    const { sessionId, closing } = Attachment.parse(attachment);
    return closing ? [] : [sessionId];
  });
}

/** Lets so many turns of the event loop pass: where a kick meets an upgrade differs with it. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

test.each(range(0, 7))(
  "a session that ends %i turns into 20 upgrades has no open socket after",
  async (n) => {
    const phone = await anotherDevice(ann);
    const sockets: TestSocket[] = [];
    const upgrades = range(1, UPGRADES).map(async (i) => {
      await turns(i % 4);
      const response = await upgrade(roomPath(nth(rooms, i % 2)), phone.token);
      if (response.status === 101) sockets.push(accepted(response));
      else expect(response.status).toBe(401);
    });
    await turns(n);
    const ended =
      n % 2 === 0
        ? call("POST", "/v1/logout", { token: phone.token })
        : call("DELETE", `/v1/sessions/${sessionOf(phone)}`, { token: ann.token });
    expect((await ended).status).toBe(204);
    for (const id of rooms) expect(await openSessions(id)).not.toContain(sessionOf(phone));
    await Promise.all(upgrades);
    for (const socket of sockets) expect((await socket.closed()).code).toBe(4001);
    for (const id of rooms) {
      expect(await openSessions(id)).not.toContain(sessionOf(phone));
      expect((await upgrade(roomPath(id), phone.token)).status).toBe(401);
    }
  },
);

test("what one session loses another of the same user keeps", async () => {
  const [phone, tablet] = [await anotherDevice(ann), await anotherDevice(ann)];
  const id = nth(rooms, 0);
  const kept = await openRoom(id, tablet.token);
  const opening = range(1, 10).map(() => upgrade(roomPath(id), tablet.token));
  const [ended, ...opened] = await Promise.all([
    call("POST", "/v1/logout", { token: phone.token }),
    ...opening,
  ]);
  expect(ended.status).toBe(204);
  const all = [kept, ...opened.map((response) => accepted(response))];
  await post(id, bob, "hello");
  for (const socket of all) await socket.next("message");
});

test("a kick that could not reach a conversation is repeated by the inbox until it did", async () => {
  const phone = await anotherDevice(ann);
  const id = nth(rooms, 0);
  const socket = await openRoom(id, phone.token);
  const inbox = inboxObject(ann.user.id);
  // As a crash leaves it between the tombstone and the kick: the job stands, nobody was kicked.
  await runInDurableObject(inbox, (_, { storage }) => {
    const expiresAt = Date.now() + 60_000;
    storage.sql.exec("INSERT INTO ended_sessions VALUES (?, ?)", sessionOf(phone), expiresAt);
    storage.sql.exec("INSERT INTO jobs (kind, key, due) VALUES ('kick', ?, 1)", sessionOf(phone));
    return storage.setAlarm(Date.now() + 60_000);
  });
  await runDurableObjectAlarm(inbox);
  expect((await socket.closed()).code).toBe(4001);
});
