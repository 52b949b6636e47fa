import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeEach, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { newSession as sessionUntil } from "../../support/accounts/sessions.ts";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import { openDevice, openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { advanceClock } from "../../support/clock.ts";
import {
  conversationObject,
  createGroupId,
  inboxObject,
  postText,
  runConversationJob,
  runInboxJob,
  sessionOf,
} from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;
let room: ConversationId;

beforeEach(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
  room = await createGroupId(ann, bob);
});

const kinds = [
  ["device", (token: string) => openDevice(token)],
  ["room", (token: string) => openRoom(room, token)],
] as const;

/** Shows a token on a socket, which takes it. */
async function renew(socket: TestSocket, { token, expires_at }: SignedIn): Promise<void> {
  socket.send({ type: "auth", token });
  expect(await socket.next("authed")).toEqual({ type: "authed", expires_at });
}

/** A socket still brings what is new. */
async function expectAlive(socket: TestSocket): Promise<void> {
  const seq = await postText(room, bob, "hello");
  await socket.until(({ frames }) => JSON.stringify(frames).includes(`"seq":${seq}`));
}

const signOut = async ({ token }: SignedIn) =>
  expect((await call("POST", "/v1/logout", { token })).status).toBe(204);

/** A token has its end in whole seconds. */
const newSession = (who: SignedIn, end = inSeconds(3_600)) => sessionUntil(who, end);

const objectOf = (kind: string) => (kind === "room" ? conversationObject(room) : inboxObject(ann.user.id));
const expire = (kind: string) =>
  kind === "room" ? runConversationJob(room, "expiry") : runInboxJob(ann, "expiry");

const inSeconds = (seconds: number) => (Math.floor(Date.now() / 1_000) + seconds) * 1_000;

test.each(kinds)("a %s socket goes on with a newer token when the first one ends", async (kind, open) => {
  const [first, second] = [await newSession(ann, inSeconds(60)), await newSession(ann, inSeconds(3_600))];
  const socket = await open(first.token);
  await renew(socket, second);
  advanceClock(61_000);
  await expire(kind);
  await expectAlive(socket);
  advanceClock(3_600_000);
  await expire(kind);
  expect(await socket.closed()).toEqual({ code: 4_001, reason: "token_expired" });
});

test.each(kinds)("a renewed %s socket belongs to the new session, also after a sleep", async (kind, open) => {
  const [first, second] = [await newSession(ann), await newSession(ann)];
  const socket = await open(first.token);
  await renew(socket, second);
  await signOut(first);
  await expectAlive(socket);
  await evictDurableObject(objectOf(kind));
  await expectAlive(socket);
  await signOut(second);
  expect(await socket.closed()).toEqual({ code: 4_001, reason: "session_ended" });
});

test.each(kinds)(
  "a %s socket refuses what is no good token of its user, and stays as it is",
  async (_, open) => {
    const [first, ended] = [await newSession(ann), await newSession(ann)];
    const expired = await newSession(ann, inSeconds(-5));
    await signOut(ended);
    const socket = await open(first.token);
    const shown: [string, string][] = [
      [bob.token, "forbidden"],
      [ended.token, "unauthenticated"],
      [expired.token, "unauthenticated"],
      [`${first.token.slice(0, -4)}AAAA`, "unauthenticated"],
      ["", "validation_failed"],
      ["x".repeat(5_000), "validation_failed"],
    ];
    for (const [token, code] of shown) {
      socket.send({ type: "auth", token });
      expect(await socket.next("error")).toMatchObject({ code });
    }
    expect(socket.of("authed")).toEqual([]);
    await expectAlive(socket);
    await signOut(first);
    expect(await socket.closed()).toEqual({ code: 4_001, reason: "session_ended" });
  },
);

test.each(kinds)(
  "a %s socket takes the same token fifty times, and then ends with its session",
  async (_, open) => {
    const socket = await open(ann.token);
    for (let nth = 0; nth < 50; nth++) socket.send({ type: "auth", token: ann.token });
    await socket.until(() => socket.of("authed").length === 50);
    await signOut(ann);
    expect((await socket.closed()).reason).toBe("session_ended");
  },
);

test("the inbox knows a renewed room socket by its new session alone", async () => {
  const [first, second] = [await newSession(ann), await newSession(ann)];
  const socket = await openRoom(room, first.token);
  await renew(socket, second);
  const registered = () =>
    runInDurableObject(inboxObject(ann.user.id), (_, { storage }) =>
      storage.sql.exec("SELECT session_id FROM sockets").toArray(),
    );
  await expect.poll(registered).toEqual([{ session_id: sessionOf(second) }]);
});
