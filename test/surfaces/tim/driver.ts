import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { userIdByName } from "../../support/accounts/user-ids.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import type { Driver } from "../../support/surfaces/driver.ts";
import { v1 } from "../v1/driver.ts";
import { tim as ask, data, nameOf, success } from "./client.ts";

const Known = z.union([
  z.looseObject({ kind: z.literal("group"), id: z.int() }),
  z.looseObject({ kind: z.literal("direct"), peer: z.looseObject({ username: z.string() }) }),
]);
const Message = z.looseObject({
  ...{ ID: z.string(), type: z.string(), from: z.string(), isRevoked: z.boolean(), sequence: z.int() },
  payload: z.looseObject({ text: z.string().optional() }),
});
const Page = z.object({
  data: z.array(z.object({ message: Message })),
  ...{ nextReqMessageID: z.string(), isCompleted: z.boolean() },
});
const Profile = z.object({
  conversation: z.looseObject({
    ...{ unreadCount: z.int(), isPinned: z.boolean() },
    messageRemindType: z.string(),
  }),
});
const Grouped = z.looseObject({ group: z.looseObject({ groupID: z.string() }) });

interface Place {
  conversationType: string;
  to: string;
  conversationID: string;
}

/** The API's ids of conversations, by user and conversation: they do not change. */
const places = new Map<string, Place>();

/** The API's id of a conversation, for one of its members. */
async function placeOf({ user, token }: SignedIn, id: number): Promise<Place> {
  const key = `${user.id} ${id}`;
  const place = places.get(key) ?? (await lookUp(token, id));
  places.set(key, place);
  return place;
}

async function lookUp(token: string, id: number): Promise<Place> {
  const { status, body } = await call("GET", `/v1/conversations/${id}`, { token });
  if (status !== 200) throw new Error(JSON.stringify(body));
  const known = Known.parse(body);
  const [conversationType, to] =
    known.kind === "group" ? ["GROUP", String(known.id)] : ["C2C", known.peer.username];
  return { conversationType, to, conversationID: `${conversationType}${to}` };
}

async function profileOf(who: SignedIn, id: number) {
  const { conversationID } = await placeOf(who, id);
  const { conversation } = await data(Profile, who, "/conversation/getConversationProfile", {
    conversationID,
  });
  return conversation;
}

export const tim = {
  name: "tim",
  group: async (owner, members, name) => {
    const memberList = members.map((member) => ({ userID: nameOf(member) }));
    const { group } = await data(Grouped, owner, "/group/createGroup", { name, type: "Public", memberList });
    return ConversationId.parse(Number(group.groupID));
  },
  send: async (who, id, text) => {
    const { conversationType, to } = await placeOf(who, id);
    const request = { to, conversationType, payload: { text } };
    const { ID } = await data(z.looseObject({ ID: z.string() }), who, "/message/createMessage", request);
    success(await ask(who, "/message/sendMessage", { ID }));
  },
  history: async (who, id) => {
    const { conversationID } = await placeOf(who, id);
    const pages: z.infer<typeof Message>[][] = [];
    for (let nextReqMessageID: string | undefined; ; ) {
      const body = { conversationID, nextReqMessageID };
      const page = Page.parse(success(await ask(who, "/message/getMessageList", body)));
      pages.unshift(page.data.map(({ message }) => message));
      if (page.isCompleted) break;
      nextReqMessageID = page.nextReqMessageID;
    }
    const said = pages.flat().filter(({ type, isRevoked }) => type === "TIMTextElem" && !isRevoked);
    return Promise.all(
      said.map(async ({ sequence, from, payload }) => ({
        ...{ seq: sequence, by: await userIdByName(who.token, from), text: payload.text ?? "" },
      })),
    );
  },
  read: async (who, id) => {
    const { conversationID } = await placeOf(who, id);
    success(await ask(who, "/message/setMessageRead", { conversationID }));
  },
  unread: async (who, id) => (await profileOf(who, id)).unreadCount,
  revoke: async (who, id, seq) => {
    success(await ask(who, "/message/revokeMessage", { ID: `${id}-${seq}` }));
  },
  setFlag: async (who, id, flag, value) => {
    if (flag !== "silent") return v1.setFlag(who, id, flag, value);
    const { conversationType, to } = await placeOf(who, id);
    const messageRemindType = value ? "AcceptNotNotify" : "AcceptAndNotify";
    const whose = conversationType === "GROUP" ? { groupID: to } : { userIDList: [to] };
    success(await ask(who, "/group/setMessageRemindType", { ...whose, messageRemindType }));
  },
  flag: async (who, id, flag) => {
    if (flag === "validation") return v1.flag(who, id, flag);
    const { isPinned, messageRemindType } = await profileOf(who, id);
    return flag === "sticky" ? isPinned : messageRemindType === "AcceptNotNotify";
  },
  clear: async (who, id) => {
    const { conversationID } = await placeOf(who, id);
    success(await ask(who, "/conversation/deleteConversation", { conversationID }));
  },
} satisfies Driver;
