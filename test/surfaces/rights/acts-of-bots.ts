import type { Permission } from "../../../src/domain/spaces/permission.ts";
import { freshName } from "../../support/clients/api.ts";
import { api } from "../kook/client.ts";
import { tg } from "../telegram/client.ts";
import { type Act, outcome, type Place } from "./acts.ts";

type Fields = (at: Place) => object;

/** A call of KOOK's API about a channel, or a message of it. */
function kook(needs: Permission[], call: string, fields: Fields, more: Partial<Act> = {}): Act {
  return {
    ...{ name: `kook: ${call} ${JSON.stringify(Object.keys(more))}`, needs, ...more },
    run: async (who, at) => {
      const answer = await api(who, `POST ${call}`, fields(at));
      return outcome(answer, Object(answer.body).code === 0);
    },
  };
}

const target = ({ channel }: Place) => ({ target_id: String(channel) });
const channel = ({ channel }: Place) => ({ channel_id: String(channel) });
const message = ({ channel, seq }: Place) => ({ msg_id: `${channel}-${seq}` });
const say =
  (content: string, more: object = {}): Fields =>
  (at) => ({ ...target(at), type: 9, content, ...more });

const ACTS_OF_KOOK: readonly Act[] = [
  kook([], "channel/view", target),
  kook([], "message/list", target),
  kook([], "message/view", message),
  kook([], "message/reaction-list", message),
  kook([], "guild/user-list", (at) => ({ guild_id: String(at.space), ...channel(at) })),
  kook(["write"], "message/create", say("hi"), { name: "kook: a text" }),
  kook(["write"], "channel/message", say("hi"), { name: "kook: a text by the older name" }),
  kook(["write"], "message/create", (at) => ({ ...say("hi")(at), quote: message(at).msg_id }), {
    name: "kook: a quote",
  }),
  kook(["write", "mention_all"], "message/create", say("(met)all(met) hi"), { name: "kook: a mention" }),
  kook(["write", "files"], "message/create", (at) => ({ ...target(at), type: 4, content: at.file }), {
    name: "kook: a file",
  }),
  kook(["reactions"], "message/add-reaction", (at) => ({ ...message(at), emoji: "👍" })),
  kook(["manage_messages"], "message/delete", message),
  kook(["manage_channel"], "channel/update", (at) => ({ ...channel(at), topic: freshName("about") })),
  kook(["manage_channel"], "channel-role/index", channel),
  kook(
    ["manage_channel", "manage_roles"],
    "channel-role/update",
    (at) => ({ ...channel(at), type: "role_id", value: String(at.lowest), deny: 0 }),
    { hasRank: true },
  ),
];

/** A method of the Bot API about a chat. A bot that has lost one is told so. */
function telegram(needs: Permission[], method: string, fields: Fields, more: Partial<Act> = {}): Act {
  return {
    ...{ name: `telegram: ${method}`, needs, isOfBots: true, tellsFormer: true, ...more },
    run: async (who, at) => {
      const answer = await tg(who, method, { chat_id: -at.channel, ...fields(at) });
      return outcome(answer, answer.status === 200);
    },
  };
}

const none = () => ({});
const it = ({ seq }: Place) => ({ message_id: seq });
const EMOJI = [{ type: "emoji", emoji: "👍" }];

const ACTS_OF_TELEGRAM: readonly Act[] = [
  telegram([], "getChat", none),
  telegram([], "getChatMemberCount", none),
  telegram([], "getChatAdministrators", none),
  telegram(["write"], "sendMessage", () => ({ text: "hi" })),
  telegram(["write"], "sendLocation", () => ({ latitude: 1, longitude: 2 })),
  telegram(["write"], "sendPoll", () => ({ question: "Tea?", options: ["a", "b"] })),
  telegram(["write"], "copyMessage", (at) => ({ ...it(at), from_chat_id: -at.channel })),
  telegram(["write"], "forwardMessage", (at) => ({ ...it(at), from_chat_id: -at.channel })),
  telegram(["write", "files"], "sendPhoto", () => ({ photo: "https://x.example/y.png" })),
  telegram(["write", "files"], "sendDocument", () => ({ document: "https://x.example/y.txt" })),
  telegram(["reactions"], "setMessageReaction", (at) => ({ ...it(at), reaction: EMOJI })),
  telegram(["pin"], "pinChatMessage", it),
  telegram(["manage_messages"], "deleteMessage", it),
  telegram(["manage_channel"], "setChatTitle", () => ({ title: freshName("name") })),
  telegram(["manage_channel"], "setChatDescription", () => ({ description: freshName("about") })),
];

/** The calls of the APIs of bots about a channel. */
export const ACTS_OF_BOTS: readonly Act[] = [...ACTS_OF_KOOK, ...ACTS_OF_TELEGRAM];
