import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { deleteMessage, send } from "../../support/clients/chat.ts";
import { aside, reply } from "../../support/clients/threads.ts";
import { eventually } from "../../support/eventually.ts";
import { createGroupId, itemAt } from "../../support/objects/room.ts";
import type { Driver } from "../../support/surfaces/driver.ts";
import { setTiming } from "../../support/timing.ts";
import { DRIVERS } from "../drivers.ts";
import { query } from "../formpost/client.ts";
import { data } from "../tim/client.ts";
import { signed } from "../usersig/client.ts";
import { connect, shownOnce } from "../usersig/socket.ts";
import { v1 } from "../v1/driver.ts";

// A short cooldown brings the list up to date at once; each poll of it costs a call.
beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));

async function pair(): Promise<[SignedIn, SignedIn]> {
  const users = await signedInUsers(2);
  return [itemAt(users, 0), itemAt(users, 1)];
}

const others = DRIVERS.filter(({ name }) => name !== "v1");

test.each(others)("$name shows and counts the main stream", async (driver) => {
  const surface: Required<Driver> = { ...v1, ...driver };
  const [ann, bob] = await pair();
  const id = await surface.open(ann, bob);
  await surface.open(bob, ann);
  await send(ann, id, "word: root");
  await send(ann, id, aside(1, "word: aside"));
  await send(ann, id, reply(1, "word: reply"));
  for (let i = 0; i < 3; i++) await send(ann, id, aside(1, "word: aside"));
  // Bob's read position is left where it is by a look at the counts alone.
  await eventually(async () => expect(await surface.unread(bob, id)).toBe(2));
  const texts = async (read: (typeof surface)["history"] | null) => {
    const found = read ? await read(bob, id) : await surface.search(bob, id, "word");
    return found.map(({ text }) => text);
  };
  expect(await texts(surface.history)).toEqual(["word: root", "word: reply"]);
  if (driver.search) expect(await texts(null)).toEqual(["word: root", "word: reply"]);
  await surface.read(bob, id, 3);
  await eventually(async () => expect(await surface.unread(bob, id)).toBe(0));
  // A revoked thread-only reply leaves the numbers of pages as they are.
  await deleteMessage(ann, id, 2, "everyone");
  expect(await texts(surface.history)).toEqual(["word: root", "word: reply"]);
  await send(ann, id, "word: last");
  await eventually(async () => expect(await surface.unread(bob, id)).toBe(1));
  expect(await texts(surface.history)).toEqual(["word: root", "word: reply", "word: last"]);
});

test("v1's search finds thread-only replies as other messages", async () => {
  const [ann, bob] = await pair();
  const id = await v1.open?.(ann, bob);
  if (id === undefined) throw new Error("v1 opens conversations");
  await send(ann, id, "word: root");
  await send(ann, id, aside(1, "word: aside"));
  expect((await v1.search?.(bob, id, "word"))?.map(({ seq }) => seq)).toEqual([1, 2]);
});

test("formpost quotes the root of a reply that quotes nothing", async () => {
  const [ann, bob] = await pair();
  const id = await createGroupId(ann, bob);
  await send(ann, id, "root");
  await send(ann, id, "other");
  await send(bob, id, reply(1));
  await send(bob, id, { ...reply(1), quote_seq: 2 });
  expect((await query(ann, id)).map(({ quote_with }) => quote_with)).toEqual([-1, -1, 1, 2]);
  await deleteMessage(ann, id, 1, "me");
  expect((await query(ann, id)).map(({ quote_with }) => quote_with)).toEqual([-1, -1, 2]);
});

test("usersig's sockets get the main stream", async () => {
  const [ann, bob] = await pair();
  const id = await v1.open?.(ann, bob);
  if (id === undefined) throw new Error("v1 opens conversations");
  await send(ann, id, "root");
  const socket = await connect(signed(bob));
  await send(ann, id, aside(1));
  await send(ann, id, "last");
  const [first] = await shownOnce(socket, 1);
  expect(first?.content).toBe("last");
  socket.close();
});

const Profile = z.object({
  conversation: z.looseObject({ groupAtInfoList: z.array(z.looseObject({ messageSequence: z.int() })) }),
});

test("tim lists the mentions of the main stream alone", async () => {
  const [ann, bob] = await pair();
  const id = await createGroupId(ann, bob);
  await send(ann, id, "root");
  await send(ann, id, { ...aside(1), mentions: [bob.user.id] });
  await send(ann, id, { ...reply(1), mentions: [bob.user.id] });
  const input = { conversationID: `GROUP${id}` };
  const { conversation } = await data(Profile, bob, "/conversation/getConversationProfile", input);
  expect(conversation.groupAtInfoList.map(({ messageSequence }) => messageSequence)).toEqual([3]);
});
