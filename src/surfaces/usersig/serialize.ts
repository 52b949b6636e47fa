import type { z } from "zod";
import type { ExtendedProfile, ExtendedProfileChange } from "../../domain/accounts/extended-profile.ts";
import type { StoredFile } from "../../domain/files/file.ts";
import { fileUrl } from "../../domain/files/file-origins.ts";
import type { MessageContext } from "../../domain/sync/message-context.ts";
import { zonedTime } from "../../lib/time-zone.ts";
import { writeContent } from "./content.ts";
import { GROUP, type OwnChange, SINGLE } from "./schemas.ts";
import type { ConversationWithMembers, MessageWithReadStatus } from "./use-cases/with-members.ts";

/** The fields of a chat user as a change of an extended profile. */
export function toProfileChange(fields: z.infer<typeof OwnChange>): ExtendedProfileChange {
  const { name, nickname, username, gender, birthday, id_card_num, phone, email, province, city } = fields;
  return {
    ...{ fullName: name, nickname, alias: username, gender, birthday, idCardNum: id_card_num, phone, email },
    ...{ province, city, avatar: fields.avatar, signature: fields.description },
  };
}

/** The name of a user whose account is deleted: nobody else has one like it. */
const DELETED = /^deleted-\d+$/;

/** A user as this API shows them, with all fields. */
export function serializeChatUser(user: ExtendedProfile, timeZone: string) {
  const { nickname, gender, birthday, phone, email, province, city, avatar, loginAt, createdAt } = user;
  return {
    ...{ user_id: user.username, name: user.fullName, nickname, username: user.alias, gender, birthday },
    ...{ id_card_num: user.idCardNum, phone, email, province, city, avatar, description: user.signature },
    is_disable: DELETED.test(user.username),
    login_time: loginAt === 0 ? "" : zonedTime(loginAt, timeZone),
    create_time: zonedTime(createdAt, timeZone),
  };
}

/** An uploaded file. */
export function serializeFile(file: StoredFile, timeZone: string) {
  const { key, md5, name, size, contentType, createdAt } = file;
  return {
    ...{ id: key, md5, name, size, content_type: contentType },
    ...{ create_time: zonedTime(createdAt, timeZone), url: fileUrl(file) },
  };
}

/** A conversation as one of its members sees it. */
export function serializeSession(
  { conversation, people, latest }: ConversationWithMembers,
  timeZone: string,
) {
  const users = people.map((user) => serializeChatUser(user, timeZone));
  return {
    ...sessionOf(conversation, timeZone),
    session_info: conversation.kind === "direct" ? { ...users[0] } : { chat_user_list: users },
    recently_chat_log: latest && serializeLog(latest, timeZone),
  };
}

/**
 * A message context, in the shape of a conversation: without the members of a group, and without the last
 * message.
 */
export function serializeContext(context: MessageContext, timeZone: string) {
  return {
    ...sessionOf(context, timeZone),
    session_info: context.peer ? serializeChatUser(context.peer, timeZone) : {},
    recently_chat_log: null,
  };
}

/** The fields that a conversation and a message context share. */
function sessionOf(
  { id, kind, name, givenName, createdAt, unreadCount }: Omit<MessageContext, "userId" | "peer">,
  timeZone: string,
) {
  return {
    session_id: String(id),
    type: kind === "direct" ? SINGLE : GROUP,
    name: givenName || name,
    // A message context may not know the time.
    create_time: createdAt === 0 ? "" : zonedTime(createdAt, timeZone),
    unread_count: unreadCount,
  };
}

/** A message, and whether it was read. */
export function serializeLog({ message, reading }: MessageWithReadStatus, timeZone: string) {
  const { conversationId, seq, sender, createdAt } = message;
  return {
    ...{ id: `${conversationId}-${seq}`, session_id: String(conversationId), sender: sender.username },
    ...writeContent(message),
    have_read: reading.read,
    read_time: reading.at === 0 ? "" : zonedTime(reading.at, timeZone),
    create_time: zonedTime(createdAt, timeZone),
  };
}
