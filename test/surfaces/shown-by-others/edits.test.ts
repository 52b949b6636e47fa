import { expect, test } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { registerUsers } from "../../support/clients/api.ts";
import { converse, getMessage } from "../../support/clients/chat.ts";
import { edit } from "../../support/clients/edits.ts";
import { eventually } from "../../support/eventually.ts";
import { itemAt } from "../../support/objects/room.ts";
import { DRIVERS } from "../drivers.ts";
import { success, tim as timCall } from "../tim/client.ts";

test("every API shows the new text of an edited message, and finds it by that alone", async () => {
  const users = await registerUsers(2);
  const [ann, bob] = [itemAt(users, 0), itemAt(users, 1)];
  const id = ConversationId.parse((await converse(ann, bob)).id);
  await edit(bob, id, 2, { body: "edited words" });
  const { seq, body } = await getMessage(ann, id, 2);
  expect({ seq, body }).toEqual({ seq: 2, body: { text: "edited words" } });
  // To read the history marks it as read in some APIs.
  for (const { name, unread } of DRIVERS)
    if (unread) await eventually(async () => expect(await unread(ann, id), name).toBe(1));
  let read = 0;
  for (const { name, history, search } of DRIVERS) {
    for (const who of [ann, bob]) {
      const texts = (await history?.(who, id))?.map(({ text }) => text);
      if (texts) read++;
      if (texts) expect(texts, name).toEqual(["hello", "edited words"]);
      const found = (await search?.(who, id, "edited"))?.map(({ text }) => text);
      if (found) expect(found, name).toEqual(["edited words"]);
      const former = await search?.(who, id, "hello");
      if (former) expect(former, name).toHaveLength(1);
    }
  }
  // kook shows no messages.
  expect(read).toBe(2 * (DRIVERS.length - 1));
});

test("tim says that a message was modified", async () => {
  const users = await registerUsers(2);
  const [ann, bob] = [itemAt(users, 0), itemAt(users, 1)];
  const { id } = await converse(ann, bob);
  const Listed = z.looseObject({ message: z.looseObject({ isModified: z.boolean() }) });
  const modified = async () => {
    const conversationID = `C2C${bob.user.username}`;
    const { data } = success(await timCall(ann, "/message/getMessageList", { conversationID }));
    return z
      .array(Listed)
      .parse(data)
      .map(({ message }) => message.isModified);
  };
  expect(await modified()).toEqual([false, false]);
  const { seq } = await edit(bob, id, 2, { body: "edited" });
  expect(seq).toBe(2);
  expect([...(await modified())].sort()).toEqual([false, true]);
});
