import { z } from "zod";
import type { Permission } from "../../../src/domain/spaces/permission.ts";
import { call, freshName } from "../../support/clients/api.ts";
import type { Frame } from "../../support/clients/socket.ts";
import { appkey, TIME, wireIdOf } from "../appkey/client.ts";
import { act as formpost } from "../formpost/client.ts";
import { tim } from "../tim/client.ts";
import { signed, usersig } from "../usersig/client.ts";
import { connect } from "../usersig/socket.ts";
import { type Act, type Outcome, outcome, type Place } from "./acts.ts";

type Fields = (at: Place) => object;
const Coded = z.looseObject({ code: z.int() });

/** A call of tim. */
function ofTim(needs: Permission[], path: string, fields: Fields): Act {
  return {
    ...{ name: `tim: ${path}`, needs },
    run: async (who, at) => {
      const answer = await tim(who, path, fields(at));
      return outcome(answer, Coded.parse(answer.body).code === 0);
    },
  };
}

/** A message that tim sends: made, and then sent. What is made is on no server but in drafts of the user. */
function sentByTim(needs: Permission[], name: string, fields: (at: Place) => object): Act {
  return {
    ...{ name: `tim: ${name}`, needs },
    run: async (who, at) => {
      const said = { to: String(at.channel), conversationType: "GROUP", ...fields(at) };
      const made = await tim(who, "/message/createMessage", said);
      const { code, data } = Coded.extend({ data: z.looseObject({ ID: z.string().optional() }) }).parse(
        made.body,
      );
      if (code !== 0) return outcome(made, false);
      const answer = await tim(who, "/message/sendMessage", { ID: data.ID });
      return outcome(answer, Coded.parse(answer.body).code === 0);
    },
  };
}

const group = ({ channel }: Place) => ({ groupID: String(channel) });
const conversation = ({ channel }: Place) => ({ conversationID: `GROUP${channel}` });
const message = ({ channel, seq }: Place) => ({ ID: `${channel}-${seq}` });

const ACTS_OF_TIM: readonly Act[] = [
  ofTim([], "/message/getMessageList", conversation),
  ofTim([], "/conversation/getConversationProfile", conversation),
  ofTim([], "/group/getGroupProfile", group),
  ofTim([], "/member/getGroupMemberList", group),
  ofTim([], "/group/getPinnedGroupMessageList", group),
  ofTim([], "/group/getGroupAttributes", group),
  ofTim([], "/message/getMessageReactions", (at) => ({
    ...{ messageList: [message(at).ID], maxUserCountPerReaction: 5 },
  })),
  ofTim([], "/message/searchCloudMessages", (at) => ({ keywordList: ["hello"], ...conversation(at) })),
  sentByTim(["write"], "a text", () => ({ payload: { text: "x" } })),
  sentByTim(["write", "files"], "a file", ({ file }) => ({
    payload: { file: { url: file, name: "a.txt" } },
  })),
  ofTim(["reactions"], "/message/addMessageReaction", (at) => ({ ...message(at), reactionID: "emoji_1" })),
  ofTim(["pin"], "/group/pinGroupMessage", (at) => ({ ...group(at), ...message(at), isPinned: true })),
  ofTim(["manage_messages"], "/message/revokeMessage", message),
  ofTim(["write"], "/group/setGroupAttributes", (at) => ({
    ...{ ...group(at), groupAttributes: { a: freshName("v") } },
  })),
  ofTim(["write"], "/group/increaseGroupCounter", (at) => ({ ...group(at), key: "likes", value: 1 })),
  ofTim(["manage_channel"], "/group/updateGroupProfile", (at) => ({
    ...{ ...group(at), introduction: freshName("about") },
  })),
];

/** A call of formpost, whose document has one code for no conversation, and one for those of others. */
function ofFormpost(needs: Permission[], action: string, fields: object): Act {
  return {
    ...{ name: `formpost: ${action}`, needs, tellsFormer: true },
    run: async (who, { channel }) => {
      const answer = await formpost(who, action, { conversation: channel, ...fields });
      return outcome(answer, Coded.parse(answer.body).code === 0);
    },
  };
}

const ACTS_OF_USERSIG: readonly Act[] = [
  {
    name: "usersig: logs",
    needs: [],
    run: async (who, { channel }) => {
      const answer = await usersig("GET", `/chat/chat-log-info/?session_id=${channel}`, { sig: who.token });
      return outcome(answer, Coded.parse(answer.body).code === 200);
    },
  },
  {
    name: "usersig: a text by the socket",
    needs: ["write"],
    run: async (who, { channel }) => {
      const socket = await connect(signed(who));
      socket.send({ to_session: channel, content: "x" });
      const isAnswer = ({ type }: Frame) => type === "ERROR" || type === "MESSAGE_SEND_SUCCESS";
      await socket.until(({ frames }) => frames.some(isAnswer));
      const answer = socket.frames.find(isAnswer);
      socket.close();
      return outcome({ status: 200, body: answer }, answer?.type === "MESSAGE_SEND_SUCCESS");
    },
  },
];

/** A call of appkey. */
function ofAppkey(
  needs: Permission[],
  name: string,
  asked: (at: Place) => [method: string, path: string, body?: object],
): Act {
  return {
    ...{ name: `appkey: ${name}`, needs },
    run: async (who, at): Promise<Outcome> => {
      const answer = await appkey(who, ...asked(at));
      return outcome(answer, Coded.parse(answer.body).code === 0);
    },
  };
}

const sent = (type: number, content: string) => (at: Place) =>
  [...["POST", "/message"], { conversationid: wireIdOf(at.channel), type, content, time: TIME }] as [
    string,
    string,
    object,
  ];

const ACTS_OF_APPKEY: readonly Act[] = [
  ofAppkey([], "messages", (at) => ["GET", `/message?conversationid=${wireIdOf(at.channel)}`]),
  ofAppkey(["write"], "a text", sent(-1, "x")),
  ofAppkey(["write", "files"], "a picture", sent(-2, "https://x.example/y.png")),
  ofAppkey(["manage_messages"], "another's message revoked", (at) => [
    ...(["DELETE", "/message", { messagekey: message(at).ID, type: 2 }] as const),
  ]),
];

/** The calls of v1 that a team's backend makes as a user. @param key with the scope `act` */
export function actsOfKeys(key: string): Act[] {
  const act = (needs: Permission[], name: string, method: string, path: string, body?: object): Act => ({
    ...{ name: `a server key: ${name}`, needs },
    run: async (who, { channel }) => {
      const answer = await call(method, `/v1/conversations/${channel}${path}`, {
        ...{ token: key, headers: { "Parley-User": String(who.user.id) }, ...(body && { body }) },
      });
      return outcome(answer, answer.status < 300);
    },
  });
  return [
    act([], "messages", "GET", "/messages"),
    act(["write"], "a text", "POST", "/messages", { kind: "text", body: { text: "x" } }),
    act(["manage_channel"], "overrides", "GET", "/overrides"),
  ];
}

/** The calls of the other APIs about a channel. */
export const ACTS_OF_OTHERS: readonly Act[] = [
  ...ACTS_OF_TIM,
  ofFormpost([], "query_all_records", {}),
  ofFormpost([], "query_by_content", { content: "hello" }),
  ...ACTS_OF_USERSIG,
  ...ACTS_OF_APPKEY,
];
