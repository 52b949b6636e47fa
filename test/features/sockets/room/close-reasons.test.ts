import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../../src/domain/ids.ts";
import { openSocketSessions } from "../../../support/accounts/sessions.ts";
import { call, registerUsers, type SignedIn } from "../../../support/clients/api.ts";
import {
  acceptSocket,
  openRoom,
  roomPath,
  type TestSocket,
  upgrade,
} from "../../../support/clients/socket.ts";
import { turns } from "../../../support/event-loop.ts";
import {
  conversationObject,
  createGroupId,
  inboxObject,
  itemAt,
  postText,
  range,
  sessionOf,
  signInAgain,
  textFrame,
} from "../../../support/objects/room.ts";
import { setTiming } from "../../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;

// A short cooldown, as an object with a pending timer is not evicted.
// One user opens more sockets here than a conversation allows.
beforeAll(() => setTiming({ fanout: { cooldownMs: 10 }, roomSockets: { perUser: 100 } }));

beforeAll(async () => {
  [ann, bob] = await registerUsers(2);
  id = await createGroupId(ann, bob);
});

const Registered = z.object({ session_id: z.string(), conversation_id: z.int() });

/** The room sockets that a user's inbox has registered. */
function registered({ user }: SignedIn) {
  return runInDurableObject(inboxObject(user.id), (_, { storage }) =>
    z.array(Registered).parse(storage.sql.exec("SELECT * FROM sockets").toArray()),
  );
}

/** Resolves once the inbox has no registered socket of this session in this conversation. */
async function untilUnregistered(of: SignedIn, conversationId: ConversationId): Promise<void> {
  const known = await registered(of);
  const isOfSession = ({ session_id, conversation_id }: z.infer<typeof Registered>) =>
    session_id === sessionOf(of) && conversation_id === conversationId;
  if (known.some(isOfSession)) return untilUnregistered(of, conversationId);
}

test("a socket that is closed for its frames is registered in the inbox no longer", async () => {
  const socket = await openRoom(id, ann.token);
  for (let i = 0; i < 10; i++) socket.send("nonsense");
  expect((await socket.closed()).code).toBe(4400);
  await untilUnregistered(ann, id);
});

test("a socket with an unreadable attachment is closed with 1011, other sockets are not", async () => {
  const room = await createGroupId(ann, bob);
  const [anns, bobs] = [await openRoom(room, ann.token), await openRoom(room, bob.token)];
  const stub = conversationObject(room);
  await runInDurableObject(stub, (_, state) => {
    for (const ws of state.getWebSockets()) {
      const { userId } = z.object({ userId: z.int() }).parse(ws.deserializeAttachment());
      if (userId === ann.user.id) ws.serializeAttachment({ v: 999, who: "knows" });
    }
  });
  await evictDurableObject(stub);
  anns.send(textFrame("?"));
  expect((await anns.closed()).code).toBe(1011);
  await postText(room, ann, "still here");
  expect(await bobs.next("message")).toMatchObject({ message: { body: { text: "still here" } } });
});

test("frames of a kicked client that does not close its end are ignored", async () => {
  const phone = await signInAgain(ann);
  const [deaf, bobs] = [
    await openRoom(id, phone.token, "", { halfOpen: true }),
    await openRoom(id, bob.token),
  ];
  expect((await call("POST", "/v1/logout", { token: phone.token })).status).toBe(204);
  expect((await deaf.closed()).code).toBe(4001);
  deaf.send(textFrame("I am still here"));
  await evictDurableObject(conversationObject(id));
  deaf.send(textFrame("even now"));
  const seq = await postText(id, ann, "is he?");
  await bobs.until(({ seqs }) => seqs.includes(seq));
  expect(bobs.messages.map(({ body }) => body.text)).toEqual(["is he?"]);
});

describe("a session that ends while its room sockets open", () => {
  const UPGRADES = 20;

  let rooms: ConversationId[];

  beforeAll(async () => {
    rooms = [await createGroupId(ann, bob), await createGroupId(ann, bob)];
  });

  test.each(range(0, 7))(
    "a session that ends %i turns into 20 upgrades has no open socket afterwards",
    async (n) => {
      const phone = await signInAgain(ann);
      const sockets: TestSocket[] = [];
      const upgrades = range(1, UPGRADES).map(async (i) => {
        await turns(i % 4);
        const response = await upgrade(roomPath(itemAt(rooms, i % 2)), phone.token);
        if (response.status === 101) sockets.push(acceptSocket(response));
        else expect(response.status).toBe(401);
      });
      await turns(n);
      const ended =
        n % 2 === 0
          ? call("POST", "/v1/logout", { token: phone.token })
          : call("DELETE", `/v1/sessions/${sessionOf(phone)}`, { token: ann.token });
      expect((await ended).status).toBe(204);
      for (const id of rooms)
        expect(await openSocketSessions(conversationObject(id))).not.toContain(sessionOf(phone));
      await Promise.all(upgrades);
      for (const socket of sockets) expect((await socket.closed()).code).toBe(4001);
      for (const id of rooms) {
        expect(await openSocketSessions(conversationObject(id))).not.toContain(sessionOf(phone));
        expect((await upgrade(roomPath(id), phone.token)).status).toBe(401);
      }
    },
  );

  test("ending one session closes no socket of the user's other sessions", async () => {
    const [phone, tablet] = [await signInAgain(ann), await signInAgain(ann)];
    const id = itemAt(rooms, 0);
    const tabletSocket = await openRoom(id, tablet.token);
    const opening = range(1, 10).map(() => upgrade(roomPath(id), tablet.token));
    const [ended, ...opened] = await Promise.all([
      call("POST", "/v1/logout", { token: phone.token }),
      ...opening,
    ]);
    expect(ended.status).toBe(204);
    const all = [tabletSocket, ...opened.map((response) => acceptSocket(response))];
    await postText(id, bob, "hello");
    for (const socket of all) await socket.next("message");
  });

  test("the inbox repeats a kick until it reaches the conversation", async () => {
    const phone = await signInAgain(ann);
    const id = itemAt(rooms, 0);
    const socket = await openRoom(id, phone.token);
    const inbox = inboxObject(ann.user.id);
    // The state after a crash between the tombstone and the kick: the job is stored, no socket is closed.
    await runInDurableObject(inbox, (_, { storage }) => {
      const expiresAt = Date.now() + 60_000;
      storage.sql.exec("INSERT INTO ended_sessions VALUES (?, ?)", sessionOf(phone), expiresAt);
      storage.sql.exec("INSERT INTO jobs (kind, key, due) VALUES ('kick', ?, 1)", sessionOf(phone));
      return storage.setAlarm(Date.now() + 60_000);
    });
    await runDurableObjectAlarm(inbox);
    expect((await socket.closed()).code).toBe(4001);
  });
});
