import type { UserId } from "../../../domain/ids.ts";
import { StoredBody } from "../../../domain/messages/content.ts";
import type {
  ConversationHookData,
  ExternalIdsOfUsers,
  HookFormat,
} from "../../../domain/server/hook-format.ts";
import { serializePerson } from "../accounts/users.ts";
import { serializeLastMessage, withExternalId } from "../messages/message.ts";
import { serializeReactions } from "../messages/reactions.ts";
import { serializeAbout } from "../moderation/reports.ts";
import { serializeSpaceEvent } from "./space-event.ts";
import { serializeServerUser } from "./users.ts";

/** v1's form of what hooks are told. */
export const hookFormat: HookFormat = {
  user: ({ userId, externalId, user }) => ({
    user: user ? serializeServerUser(user) : { id: userId, external_id: externalId },
  }),
  report: ({ report: { id, about, reason, createdAt } }, externalIds) => ({
    report: {
      ...{ id, reason, created_at: createdAt },
      about: {
        ...serializeAbout(about),
        user_external_id: about.userId === null ? null : (externalIds.get(about.userId) ?? null),
      },
    },
  }),
  space: serializeSpaceEvent,
  sending: ({
    conversationId,
    externalId: conversationExternalId,
    spaceId,
    sender: { id, username, nickname, avatar, externalId },
    kind,
    body,
    clientMsgId,
    mentions,
    threadRoot,
    edits,
    buttons,
  }) => ({
    conversation_id: conversationId,
    conversation_external_id: conversationExternalId,
    ...(spaceId !== null && { space_id: spaceId }),
    message: {
      sender: { id, external_id: externalId, username, nickname, avatar },
      ...{ kind, body: StoredBody.parse(JSON.parse(body)), mentions },
      ...(clientMsgId !== undefined && { client_msg_id: clientMsgId }),
      ...(threadRoot !== null && { thread: { root: threadRoot } }),
      ...(buttons && { buttons }),
    },
    ...(edits !== null && { edits }),
  }),
  data: (data, externalIds) => ({
    conversation_id: data.conversationId,
    conversation_external_id: data.externalId,
    ...(data.spaceId !== null && { space_id: data.spaceId }),
    ...{ seq: data.seq, rev: data.rev },
    ...shown(data, externalIds),
  }),
};

function shown(data: ConversationHookData, externalIds: ExternalIdsOfUsers): object {
  const external = (id: UserId) => externalIds.get(id) ?? null;
  if ("message" in data) {
    const { message } = data;
    const serialized = withExternalId(serializeLastMessage(message), message, externalIds);
    return { message: { ...serialized, reactions: serializeReactions(message.reactions) } };
  }
  if ("member" in data) {
    const { event, actor_id, user_ids } = data.member;
    const external_ids = user_ids.map(external);
    return { member: { event, actor_id, actor_external_id: external(actor_id), user_ids, external_ids } };
  }
  if ("tap" in data) {
    const { id, botId, user, data: buttonData } = data.tap;
    const person = { ...serializePerson(user), external_id: external(user.id) };
    return { tap: { id, bot_id: botId, user: person, data: buttonData } };
  }
  const { profile, memberCount, dissolvedAt } = data.conversation;
  return {
    conversation: {
      ...{ id: data.conversationId, kind: profile.kind, name: profile.name, avatar: profile.avatar },
      ...{ introduction: profile.introduction, announcement: profile.announcement },
      owner_id: profile.ownerId,
      member_count: memberCount,
      created_at: profile.createdAt,
      dissolved_at: dissolvedAt,
    },
  };
}
