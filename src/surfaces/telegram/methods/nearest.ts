import { z } from "zod";
import { changeProfile } from "../../../core/accounts/users.ts";
import { createInvitation, withdrawInvitation } from "../../../core/groups/invitations.ts";
import type { Invitation } from "../../../domain/conversations/invitation.ts";
import { checked, integer } from "../../../http/fields.ts";
import { plain } from "../../../lib/markup.ts";
import { badRequest } from "../errors.ts";
import { inWords } from "../refusals.ts";
import { OnChat, orNone } from "../schemas.ts";
import { seconds } from "../serialize/messages.ts";
import { serializeUser } from "../serialize/users.ts";
import { contentOf } from "./messages.ts";
import { type BotCall, groupOf, type Method, read, SENDING, sent } from "./method.ts";

const words = z.string().min(1, "must not be empty").max(500);
const Venue = z.object({
  ...{ ...SENDING, latitude: z.coerce.number(), longitude: z.coerce.number() },
  ...{ title: words, address: words },
});

/** A place, with its name in its address. */
const sendVenue: Method = async (call) => {
  const { latitude, longitude, title, address, ...input } = checked(Venue, await read(call));
  const body = { latitude, longitude, address: `${title}, ${address}`.slice(0, 500) };
  return sent(call, input, contentOf({ kind: "location", body }));
};

const Contact = z.object({ ...SENDING, phone_number: words, first_name: words, last_name: orNone(words) });

/** A text with the name and the number. */
const sendContact: Method = async (call) => {
  const { phone_number, first_name, last_name = "", ...input } = checked(Contact, await read(call));
  const text = plain(`${`${first_name} ${last_name}`.trim()}\n${phone_number}`);
  return sent(call, input, contentOf({ kind: "text", body: { text } }));
};

/** How many sides each die has. */
const DICE: Readonly<Record<string, number>> = { "🎲": 6, "🎯": 6, "🎳": 6, "🏀": 5, "⚽": 5, "🎰": 64 };
const Thrown = z.object({ ...SENDING, emoji: orNone(z.string()) });

/** A text with what was thrown. */
const sendDice: Method = async (call) => {
  const { emoji = "🎲", ...input } = checked(Thrown, await read(call));
  const sides = DICE[emoji.replace("\ufe0f", "")];
  if (sides === undefined) throw badRequest("wrong dice emoji specified");
  const value = 1 + Math.floor(Math.random() * sides);
  return sent(call, input, contentOf({ kind: "text", body: { text: `${emoji} ${value}` } }));
};

const Named = z.object({ name: orNone(z.string().max(64)) });

/** The name is the nickname. It is the same in all languages. */
const setMyName: Method = async ({ core, bot, ...call }) => {
  const { name = "" } = checked(Named, await read({ core, bot, ...call }));
  await changeProfile(core, { userId: bot.id }, { nickname: name });
  return true;
};

/** A method that answers the same to each call. */
function always(result: unknown): Method {
  return async (call) => {
    await read(call);
    return result;
  };
}

const Invited = OnChat.extend({ expire_date: orNone(integer), member_limit: orNone(integer) });
const Revoked = OnChat.extend({ invite_link: z.string() });

/** A link to an invitation, as the page of this server has it. */
function linkOf({ c, bot }: BotCall, { code, expiresAt, maxUses }: Invitation, isRevoked = false) {
  return {
    ...{ invite_link: `${new URL(c.req.url).origin}/join#${code}`, creator: serializeUser(bot) },
    ...{
      creates_join_request: false,
      is_primary: false,
      is_revoked: isRevoked,
      expire_date: seconds(expiresAt),
    },
    ...(maxUses !== null && { member_limit: maxUses }),
  };
}

async function invited(call: BotCall): Promise<Invitation> {
  const { chat_id, expire_date, member_limit: maxUses } = checked(Invited, await read(call));
  const id = await groupOf(call, chat_id);
  const left = expire_date && expire_date - Math.floor(Date.now() / 1_000);
  const expiresInS = left ? Math.max(1, left) : undefined;
  return inWords("invite", () => createInvitation(call.core, call.bot.id, id, { expiresInS, maxUses }));
}

const createChatInviteLink: Method = async (call) => linkOf(call, await invited(call));

const exportChatInviteLink: Method = async (call) => linkOf(call, await invited(call)).invite_link;

const revokeChatInviteLink: Method = async (call) => {
  const { chat_id, invite_link } = checked(Revoked, await read(call));
  const id = await groupOf(call, chat_id);
  const { core, bot } = call;
  const code = invite_link.replace(/^[^#]*#/, "");
  await inWords("invite", () => withdrawInvitation(core, bot.id, id, code));
  return {
    ...{ invite_link, creator: serializeUser(bot), creates_join_request: false },
    ...{ is_primary: false, is_revoked: true },
  };
};

const NO_RIGHTS = {
  ...{
    is_anonymous: false,
    can_manage_chat: false,
    can_delete_messages: false,
    can_manage_video_chats: false,
  },
  ...{
    can_restrict_members: false,
    can_promote_members: false,
    can_change_info: false,
    can_invite_users: false,
  },
  ...{ can_post_stories: false, can_edit_stories: false, can_delete_stories: false },
};

/** The methods of which the nearest thing is done that there is here. */
export const NEAREST = {
  ...{ sendVenue, sendContact, sendDice },
  ...{ createChatInviteLink, exportChatInviteLink, revokeChatInviteLink },
  setMyName,
  getMyName: async (call) => {
    await read(call);
    return { name: serializeUser(call.bot).first_name };
  },
} satisfies Record<string, Method>;

/** The methods that are taken, without effect: bots call these as they start, and nothing here shows it. */
export const TAKEN = {
  ...{ setMyDescription: always(true), getMyDescription: always({ description: "" }) },
  ...{ setMyShortDescription: always(true), getMyShortDescription: always({ short_description: "" }) },
  ...{ setChatMenuButton: always(true), getChatMenuButton: always({ type: "commands" }) },
  // There is no other server that the bot could go to.
  ...{ logOut: always(true), close: always(true) },
  setMyDefaultAdministratorRights: always(true),
  getMyDefaultAdministratorRights: always(NO_RIGHTS),
  getUserProfilePhotos: always({ total_count: 0, photos: [] }),
} satisfies Record<string, Method>;
