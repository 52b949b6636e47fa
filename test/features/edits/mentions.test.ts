import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import type { Draft } from "../../../src/domain/messages/message.ts";
import { expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { ask, expectAsked, getConversation, getMessage, send } from "../../support/clients/chat.ts";
import { edit, patch } from "../../support/clients/edits.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { conversationObject, createGroupId } from "../../support/objects/room.ts";
import { tim } from "../../surfaces/tim/client.ts";

let ann: SignedIn;
let bob: SignedIn;
let cem: SignedIn;
let id: ConversationId;

beforeEach(async () => {
  [ann, bob, cem] = await registerUsers(3);
  id = await createGroupId(ann, bob, cem);
});

const Listed = z.object({
  data: z.array(z.object({ groupAtInfoList: z.array(z.object({ messageSequence: z.int() })) })),
});

/** The unread messages that name a user, in the list that shows them. */
async function naming(who: SignedIn): Promise<number[]> {
  const { body } = await tim(who, "/conversation/getConversationList", {});
  const [listed] = Listed.parse(body).data;
  return listed?.groupAtInfoList.map(({ messageSequence }) => messageSequence) ?? [];
}

test("an added mention counts in what is unread, and a removed one no more", async () => {
  await send(ann, id, { kind: "text", body: { text: "to you" }, mentions: [bob.user.id] });
  await send(ann, id, "and more");
  await expect.poll(() => naming(bob)).toEqual([1]);
  await edit(ann, id, 1, { body: "to you", mentions: [cem.user.id] });
  await expect.poll(() => naming(bob)).toEqual([]);
  await expect.poll(() => naming(cem)).toEqual([1]);
  expect((await getConversation(cem, id)).unread_count).toBe(2);
  await edit(ann, id, 1, { body: "to all", mentions: "all", base_version: 2 });
  for (const who of [bob, cem]) await expect.poll(() => naming(who)).toEqual([1]);
  await edit(ann, id, 1, { body: "to nobody", mentions: [], base_version: 3 });
  for (const who of [bob, cem]) await expect.poll(() => naming(who)).toEqual([]);
});

test("a mention that is added to a message that was read does not count", async () => {
  await send(ann, id, "one");
  await expectAsked(bob, id, "PUT", "/read", { seq: 1 });
  await send(ann, id, "two");
  await edit(ann, id, 1, { body: "one", mentions: [bob.user.id] });
  await edit(ann, id, 2, { body: "two", mentions: [bob.user.id] });
  await expect.poll(() => naming(bob)).toEqual([2]);
});

test("the user who is named hears of it once", async () => {
  const device = await openDevice(bob.token);
  await send(ann, id, "one");
  await device.until(() => device.seqs.includes(1));
  await edit(ann, id, 1, { body: "one", mentions: [bob.user.id] });
  await device.next("changed");
  await send(ann, id, "two");
  await device.until(() => device.seqs.includes(2));
  expect(device.of("changed")).toMatchObject([{ items: [{ seq: 1, mentions: [bob.user.id], version: 2 }] }]);
});

test("without `mentions` an edit keeps them, also those besides everybody", async () => {
  await send(ann, id, { kind: "text", body: { text: "one" }, mentions: [bob.user.id] });
  expect((await edit(ann, id, 1, { body: "uno" })).mentions).toEqual([bob.user.id]);
  const draft: Draft = {
    ...{ clientMsgId: undefined, quoteSeq: undefined, mentions: "all", alsoMentioned: [bob.user.id] },
    ...{ kind: "text", body: '{"text":"all"}' },
  };
  await conversationObject(id).send({ userId: ann.user.id, draft });
  await edit(ann, id, 2, { body: "still all" });
  const info = await tim(bob, "/conversation/getConversationList", {});
  expect(JSON.stringify(info.body)).toContain('"atTypeArray":[3]');
  expect((await getMessage(bob, id, 2)).mentions).toBe("all");
});

test("only members can be added; who has left can stay named", async () => {
  const [dee] = await registerUsers(1);
  await send(ann, id, { kind: "text", body: { text: "one" }, mentions: [bob.user.id] });
  const before = await getMessage(ann, id, 1);
  const stranger = { body: "uno", mentions: [bob.user.id, dee?.user.id ?? 0] };
  expectProblem(await patch(ann, id, 1, stranger), 404, "not_found");
  expect(await getMessage(ann, id, 1)).toEqual(before);
  await expectAsked(bob, id, "POST", "/leave");
  const mentions = [bob.user.id, cem.user.id];
  expect((await edit(ann, id, 1, { body: "uno", mentions })).mentions).toEqual(mentions);
  const gone = { body: "uno", mentions: [cem.user.id] };
  await edit(ann, id, 1, { ...gone, base_version: 2 });
  expectProblem(await patch(ann, id, 1, { body: "uno", mentions, base_version: 3 }), 404, "not_found");
  expect((await ask(ann, id, "GET", "/messages/1")).body).toMatchObject({ mentions: [cem.user.id] });
});
