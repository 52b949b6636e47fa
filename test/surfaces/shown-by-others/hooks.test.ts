import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type HookWithUrl, makeHook, post } from "../../features/incoming-hooks/client.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { eventually } from "../../support/eventually.ts";
import { assertConsistent } from "../../support/objects/assert-consistent.ts";
import { createGroupId, itemAt } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";
import { list as appkeyList, wireIdOf } from "../appkey/client.ts";
import { query as formpostQuery } from "../formpost/client.ts";
import { success, tim, data as timData } from "../tim/client.ts";
import { logs, sessions, signed } from "../usersig/client.ts";
import { connect } from "../usersig/socket.ts";

// A short cooldown brings the list up to date at once.
beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));

let ann: SignedIn;
let bob: SignedIn;
let id: number;
let hook: HookWithUrl;

const AVATAR = "https://ci.example.org/logo.png";

beforeAll(async () => {
  const all = await signedInUsers(2);
  [ann, bob] = [itemAt(all, 0), itemAt(all, 1)];
  id = await createGroupId(ann, bob);
  hook = await makeHook(ann, id, { avatar: AVATAR });
  await post(hook.url, { text: "build 1" });
  await post(hook.url, { text: "build 2", name: "Deploys" });
});

test("appkey shows the messages of a hook", async () => {
  const items = await appkeyList(bob, wireIdOf(id), "&limit=100");
  expect(items.map(({ id: by, content }) => ({ by, content }))).toEqual([
    { by: 0, content: "build 2" },
    { by: 0, content: "build 1" },
  ]);
});

test("formpost shows them by their names", async () => {
  const found = await formpostQuery(bob, id);
  expect(found).toEqual([
    expect.objectContaining({
      sender_id: 0,
      sender_name: "Builds",
      sender_avatar: AVATAR,
      msg_body: "build 1",
    }),
    expect.objectContaining({
      sender_id: 0,
      sender_name: "Deploys",
      sender_avatar: AVATAR,
      msg_body: "build 2",
    }),
  ]);
});

test("usersig shows them, lists them, counts them, and its sockets are sent them", async () => {
  const { chat_log_info_list: found } = await logs(signed(bob), String(id), "&total=1");
  expect(found.map(({ sender, content }) => ({ sender, content }))).toEqual([
    { sender: `hook/${hook.id}`, content: "build 2" },
    { sender: `hook/${hook.id}`, content: "build 1" },
  ]);
  const { session_info_list: listed } = await sessions(signed(ann), "?total");
  expect(listed.find(({ session_id }) => session_id === String(id))).toMatchObject({
    ...{ unread_count: 2, recently_chat_log: { content: "build 2", sender: `hook/${hook.id}` } },
  });
  const socket = await connect(signed(bob));
  await post(hook.url, { text: "build 3" });
  await socket.until(({ frames }) =>
    frames.some((frame) => frame.type === "MESSAGE_RECEIVED" && JSON.stringify(frame).includes("build 3")),
  );
  socket.close();
});

const Shown = z.looseObject({ from: z.string(), nick: z.string(), avatar: z.string(), flow: z.string() });

test("tim shows them by their names, and counts them", async () => {
  const conversationID = `GROUP${id}`;
  const Listed = z.array(z.object({ message: Shown.extend({ payload: z.unknown() }) }));
  const Page = z.object({ data: Listed });
  const { data } = Page.parse(success(await tim(bob, "/message/getMessageList", { conversationID })));
  const messages = data.map(({ message }) => message).toReversed();
  const first = {
    from: `hook/${hook.id}`,
    nick: "Builds",
    avatar: AVATAR,
    flow: "in",
    payload: { text: "build 1" },
  };
  expect(messages).toContainEqual(expect.objectContaining(first));
  expect(messages).toContainEqual(expect.objectContaining({ nick: "Deploys" }));
  const Profile = z.object({
    conversation: z.looseObject({ unreadCount: z.int(), lastMessage: z.unknown() }),
  });
  await eventually(async () => {
    const { conversation } = await timData(Profile, ann, "/conversation/getConversationProfile", {
      conversationID,
    });
    expect(conversation.unreadCount).toBeGreaterThanOrEqual(2);
  });
});

test("the sockets of v1 are sent them", async () => {
  const room = await openRoom(id, bob.token);
  const device = await openDevice(bob.token);
  await post(hook.url, { text: "build 4" });
  for (const socket of [room, device])
    await socket.until(({ frames }) =>
      frames.some((frame) => {
        const text = JSON.stringify(frame);
        return text.includes("build 4") && text.includes(`"hook":{"id":"${hook.id}","name":"Builds"}`);
      }),
    );
  room.close();
  device.close();
  await assertConsistent(id);
});
