import { expect, test } from "vitest";
import { as, Scene } from "../../features/spaces/scene.ts";
import type { Frame } from "../../support/clients/socket.ts";
import type { WireAnswer } from "../../support/clients/wire.ts";
import { itemAt } from "../../support/objects/room.ts";
import * as appkey from "../appkey/client.ts";
import * as formpost from "../formpost/client.ts";
import { logs, sessions, signed, usersig } from "../usersig/client.ts";
import { connect } from "../usersig/socket.ts";

type Who = Scene["ann"];

/** A number that no conversation has. */
const NOWHERE = 999_999_999;

/** The frame that answers a message over usersig. */
async function usersigSays(who: Who, channel: number, content: string): Promise<Frame> {
  const socket = await connect(signed(who));
  const isAnswer = ({ type }: Frame) => type === "ERROR" || type === "MESSAGE_SEND_SUCCESS";
  socket.send({ to_session: String(channel), content });
  await socket.until(({ frames }) => frames.some(isAnswer));
  socket.close();
  return itemAt(socket.frames.filter(isAnswer), 0);
}

const appkeySays = (who: Who, channel: number, content: string): Promise<WireAnswer> =>
  appkey.appkey(who, "POST", "/message", {
    ...{ conversationid: appkey.wireIdOf(channel), type: -1, content, time: appkey.TIME },
  });

const unreadOf = async (who: Who, channel: number) =>
  (await sessions(signed(who), "?total")).session_info_list.find((one) => one.session_id === String(channel))
    ?.unread_count;

const writes = async (who: Who, channel: number, text: string): Promise<number> =>
  (await as(who, "POST", `/v1/conversations/${channel}/messages`, { kind: "text", body: { text } })).status;

test("a follower of a channel has it as a group: listed, read, written, counted", async () => {
  const { ann, bob, general } = await Scene.make();
  expect(await writes(ann, general, "hello")).toBe(201);

  expect(await formpost.list(bob, "group")).toMatchObject([
    { id: general, name: "general", disabled: false },
  ]);
  expect(await formpost.bodies(bob, general)).toEqual(["hello"]);
  const { session_info_list } = await sessions(signed(bob), "?total");
  expect(session_info_list).toMatchObject([
    { session_id: String(general), type: 2, name: "general", unread_count: 1 },
  ]);
  expect((await logs(signed(bob), String(general))).chat_log_info_list).toMatchObject([{ content: "hello" }]);
  expect(await appkey.list(bob, appkey.wireIdOf(general))).toMatchObject([{ content: "hello" }]);

  expect(await usersigSays(bob, general, "over usersig")).toMatchObject({ type: "MESSAGE_SEND_SUCCESS" });
  appkey.success(await appkeySays(bob, general, "over appkey"));
  expect(await formpost.bodies(ann, general)).toEqual(["hello", "over usersig", "over appkey"]);
  expect(await unreadOf(ann, general)).toBe(2);
  formpost.success(await formpost.act(ann, "set_read_message", { conversation: general, msg_id: 2 }));
  expect(await unreadOf(ann, general)).toBe(1);
  formpost.success(await formpost.act(ann, "set_read_message", { conversation: general, msg_id: 3 }));
  expect(await unreadOf(ann, general)).toBe(0);
});

test("who does not follow a channel has no group of it until they write", async () => {
  const scene = await Scene.make();
  const { ann, bob } = scene;
  const seeds = await scene.addChannel("seeds");
  expect(await writes(ann, seeds, "beans")).toBe(201);
  expect(await formpost.inLists(bob, seeds)).toBeUndefined();
  expect(await unreadOf(bob, seeds)).toBeUndefined();
  appkey.success(await appkeySays(bob, seeds, "peas"));
  expect(await formpost.inLists(bob, seeds)).toMatchObject({ name: "seeds" });
  expect(await unreadOf(bob, seeds)).toBe(0);
});

test("a channel that one may not read is as one that is not there", async () => {
  const scene = await Scene.make();
  const { ann, bob, eve, general } = scene;
  const board = await scene.addChannel("board", { visibility: "private" });
  expect(await writes(ann, board, "secret")).toBe(201);
  const answers = async (who: Who, channel: number) => {
    const answer = await Promise.all([
      formpost.ask(who, channel),
      formpost.act(who, "set_read_message", { conversation: channel, msg_id: 1 }),
      formpost.act(who, "set_sticky_conversation", { conversaion: channel, sticky: "True" }),
      usersig("GET", `/chat/chat-log-info/?session_id=${channel}`, { sig: who.token }),
      appkey.appkey(who, "GET", `/message?conversationid=${appkey.wireIdOf(channel)}`),
      appkeySays(who, channel, "mine"),
    ]);
    return answer.map(({ status, body }) => ({ status, body }));
  };
  for (const [who, channel] of [[bob, board] as const, [eve, board] as const, [eve, general] as const]) {
    expect(await answers(who, channel)).toEqual(await answers(who, NOWHERE));
    expect(await formpost.inLists(who, channel)).toBeUndefined();
    expect(await unreadOf(who, channel)).toBeUndefined();
    const { id: _, ...refused } = { id: 0, ...(await usersigSays(who, channel, "mine")) };
    expect(refused).toEqual(await usersigSays(who, NOWHERE, "mine"));
  }
  expect(await formpost.bodies(ann, board)).toEqual(["secret"]);
});

test("who may read a channel and not write in it gets the failure of a mute", async () => {
  const scene = await Scene.make();
  const { ann, bob } = scene;
  const news = await scene.addChannel("news", { channel_kind: "announcement" });
  expect((await as(bob, "PUT", `/v1/conversations/${news}/follow`)).status).toBe(204);
  expect(await writes(ann, news, "today")).toBe(201);
  const refused = await usersigSays(bob, news, "mine");
  expect(refused).toMatchObject({ type: "ERROR", code: 403 });
  appkey.failure(await appkeySays(bob, news, "mine"));
  expect(await formpost.bodies(bob, news)).toEqual(["today"]);
  expect(await formpost.inLists(bob, news)).toMatchObject({ name: "news" });
  expect(await unreadOf(bob, news)).toBe(1);
});
