import { expect, test } from "vitest";
import { z } from "zod";
import { signedInUsers } from "../../../support/accounts/users.ts";
import { itemAt } from "../../../support/objects/room.ts";
import { data, nameOf, success, tim } from "../client.ts";
import { connect, listed, messagesOf, say } from "../socket/socket.ts";
import { ask, drafts, group, type Step, says, story } from "../story.ts";

const LIST = "/message/getMessageList";
const SEND = "/message/sendMessage";
const MODIFY = "/message/modifyMessage";
const G = { to: "{g}", conversationType: "GROUP" };

/** What the UI kits keep in the custom data of a reply. */
const replyTo = (messageID: string): string => JSON.stringify({ messageReply: { messageID, version: 1 } });

/** The newest messages of the group. */
const reads = (who: string, messages: object[]): Step =>
  ask(
    who,
    LIST,
    { conversationID: "GROUP{g}", count: messages.length },
    messages.map((message) => ({ message })),
  );

/** Ann has written into a group. */
const ONE: Step[] = [
  group("g", "ann", ["bob"]),
  says("ann", "GROUP{g}", "one"),
  reads("ann", [{ clientID: "{client}", sequence: "{seq}", time: "{time}" }]),
];
const quoteOfOne = { seq: "{seq}", sender_id: "{ann.id}", preview: "one" };
const ofV1 = (seq: number, message: object): Step =>
  ask("bob", `GET /v1/conversations/{g}/messages/${seq}`, {}, message);

/** What this API shows of a message that quotes the first one. @param reply as kits have it */
const quoting = (reply: string) => ({
  quoteInfo: { msgID: "{client}", messageID: "{one}", messageSequence: "{seq}", messageTime: "{time}" },
  cloudCustomData: reply,
});
const REPLY =
  '"messageReply":{"messageAbstract":"one","messageSender":"{ann}","messageID":"{client}","messageType":1,' +
  '"messageTime":{time},"messageSequence":{seq},"version":1}';

story("a quote of the SDK, or of the UI kits, is one over every API", [
  ...ONE,
  says("bob", "GROUP{g}", "sdk", { quoteInfo: { msgID: "{one}" } }),
  says("bob", "GROUP{g}", "ours", { quoteInfo: { msgID: "{client}", messageID: "{one}" } }),
  says("bob", "GROUP{g}", "kit", { cloudCustomData: replyTo("{one}") }),
  // One that was created before gets its quote then, or later.
  drafts("bob", "early", { ...G, quoteInfo: { msgID: "{one}" } }, { text: "x" }),
  drafts("bob", "late", G, { text: "x" }),
  ask("bob", SEND, { ID: "{early}" }),
  ask("bob", SEND, { ID: "{late}", quoteInfo: { msgID: "{one}" } }),
  ...[2, 3, 4, 5, 6].map((seq) => ofV1(seq, { quote: quoteOfOne })),
  reads("ann", [quoting(replyTo("{one}")), quoting(`{${REPLY}}`), quoting(`{${REPLY}}`)]),
]);

story("a quote of another API is shown as the SDK has it and as the kits do, and no kit stores it for good", [
  ...ONE,
  ask("bob", "POST /v1/conversations/{g}/messages", {
    ...{ kind: "text", body: { text: "two" }, quote_seq: "{seq}" },
  }),
  reads("ann", [{ ...quoting(`{${REPLY}}`), ID: "{two}", version: 0 }]),
  // A kit gives back the whole message: what was added is no change.
  ask("ann", MODIFY, { message: { ID: "{two}", cloudCustomData: `{${REPLY}}`, version: 0 } }),
  reads("ann", [{ ...quoting(`{${REPLY}}`), version: 0 }]),
  ask("ann", MODIFY, { message: { ID: "{two}", cloudCustomData: `{${REPLY},"likes":1}` } }),
  reads("ann", [{ ...quoting(`{"likes":1,${REPLY}}`), version: 1 }]),
  ask("ann", "/message/revokeMessage", { ID: "{one}" }),
  reads("bob", [quoting(`{"likes":1,${REPLY.replace('"one"', '""')}}`)]),
  // Data of another form are the app's.
  ask("ann", MODIFY, { message: { ID: "{two}", cloudCustomData: "[1]" } }),
  reads("bob", [quoting("[1]")]),
]);

story("what cannot be quoted keeps no message from being sent, nor do custom data that name it", [
  ...ONE,
  group("h", "bob", ["cid"]),
  ask("ann", "/message/deleteMessage", { messageList: ["{one}"] }),
  ...[
    ["ann", "GROUP{g}", { quoteInfo: { msgID: "{one}" } }],
    ["bob", "GROUP{h}", { quoteInfo: { msgID: "{one}" } }],
    ["bob", "C2C{ann}", { cloudCustomData: replyTo("{one}") }],
    ["bob", "GROUP{g}", { quoteInfo: { msgID: "{one}9" } }],
    ["bob", "GROUP{g}", { quoteInfo: { msgID: "x" } }],
    ["bob", "GROUP{g}", { quoteInfo: 1, cloudCustomData: "{" }],
  ].map(([who, where, more], i) => says(String(who), String(where), `t${i}`, Object(more))),
  ...[2, 3, 4, 5].map((seq) => ofV1(seq, expect.not.objectContaining({ quote: expect.anything() }))),
]);

test("a socket brings quotes as the lists have them, and none of what somebody may not see", async () => {
  const users = await signedInUsers(3);
  const [ann, bob, cid] = [itemAt(users, 0), itemAt(users, 1), itemAt(users, 2)];
  const Created = z.looseObject({ group: z.looseObject({ groupID: z.string() }) });
  const fields = { name: "g", type: "Private", memberList: [{ userID: nameOf(bob) }] };
  const { groupID } = (await data(Created, ann, "/group/createGroup", fields)).group;
  const one = await say(ann, groupID, "one", { conversationType: "GROUP" });
  success(await tim(ann, "/group/addGroupMember", { groupID, userIDList: [nameOf(cid)] }));
  const [bobs, cids] = [await connect(bob), await connect(cid)];
  await say(ann, groupID, "two", { conversationType: "GROUP", quoteInfo: { msgID: one.ID } });
  for (const [who, socket] of [
    [bob, bobs],
    [cid, cids],
  ] as const) {
    await socket.until(() => messagesOf(socket).some(({ payload }) => payload.text === "two"));
    expect(messagesOf(socket).at(-1)).toEqual((await listed(who, `GROUP${groupID}`)).at(-1));
  }
  expect(messagesOf(bobs).at(-1)).toMatchObject({ quoteInfo: { messageID: one.ID } });
  expect(messagesOf(cids).at(-1)).not.toHaveProperty("quoteInfo");
});
