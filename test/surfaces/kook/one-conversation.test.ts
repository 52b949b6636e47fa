import { expect, test } from "vitest";
import { z } from "zod";
import { register } from "../../support/clients/api.ts";
import { deleteMessage, openDirect, page, send } from "../../support/clients/chat.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { act, success } from "../formpost/client.ts";
import { newBot } from "../telegram/client.ts";
import { nameOf } from "../tim/client.ts";
import { itemsOf, listed, messagesOf, say, connect as timSocket } from "../tim/socket/socket.ts";
import { called } from "./client.ts";
import { connect, expectTold } from "./gateway-client.ts";

const Sent = z.looseObject({ msg_id: z.string() });
const Listed = z.looseObject({ items: z.array(z.looseObject({ content: z.string() })) });
const Records = z.looseObject({ messages: z.array(z.looseObject({ msg_body: z.string() })) });

test("a bot of KOOK, a user of Tencent's SDK, a web client and formpost are in one conversation", async () => {
  const [mei, bot] = [await register(), await newBot()];
  const { id } = await openDirect(mei, bot);
  const [gateway, tencent, web] = [await connect(bot), await timSocket(mei), await openDevice(mei.token)];
  await gateway.hello();
  const chat = { target_id: String(mei.user.id) };

  const asked = await say(mei, nameOf(bot), "one");
  const answer = { ...chat, type: 9, content: "two", quote: `${id}-${asked.sequence}` };
  const { msg_id } = Sent.parse(await called(bot, "POST direct-message/create", answer));
  await send(mei, id, "three");
  const { seq } = await send(mei, id, "four");
  await called(bot, "POST direct-message/update", { msg_id, content: "two!" });
  await called(bot, "POST direct-message/add-reaction", { msg_id: `${id}-${asked.sequence}`, emoji: "👍" });
  // A text that is revoked before it is told is not told.
  await gateway.told(3);
  await deleteMessage(mei, id, seq, "everyone");
  await called(bot, "POST direct-message/create", { ...chat, content: "five" });

  // The bot hears of the person alone; each client of the person of all.
  await expectTold(gateway, [
    [1, "one"],
    [2, "three"],
    [3, "four"],
    [4, "deleted_private_message"],
  ]);
  const left = ["one", "two!", "three", "five"];
  await tencent.until(() => messagesOf(tencent).some(({ payload }) => payload.text === "five"));
  // A message that is revoked on its way comes as it is then.
  const shown = () => [...itemsOf(tencent), ...itemsOf(tencent, "changed")];
  await tencent.until(() => shown().some(({ message }) => message.isRevoked));
  const sequences = messagesOf(tencent).map(({ sequence }) => sequence);
  expect(sequences).toEqual([1, 2, 3, 4, 5]);
  const ofTencent = await listed(mei, `C2C${nameOf(bot)}`);
  expect(ofTencent.filter(({ isRevoked }) => !isRevoked).map(({ payload }) => payload.text)).toEqual(left);
  expect(ofTencent.map(({ sequence }) => sequence)).toEqual(sequences);

  await web.until(({ frames }) => JSON.stringify(frames).includes('"five"'));
  const { items } = await page(mei, id);
  expect(items.flatMap(({ body, revoked }) => (revoked ? [] : [body.text]))).toEqual(left);
  expect(items.at(0)).toMatchObject({ reactions: [{ key: "👍", count: 1 }] });
  expect(items.at(1)).toMatchObject({ quote: { seq: 1 }, version: 2 });

  const records = Records.parse(success(await act(mei, "query_all_records", { conversation: id })));
  expect(records.messages.map(({ msg_body }) => msg_body)).toEqual(left);
  const ofBot = Listed.parse(await called(bot, `GET direct-message/list?target_id=${mei.user.id}`));
  expect(ofBot.items.map(({ content }) => content)).toEqual(left);
});
