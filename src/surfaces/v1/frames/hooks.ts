import { StoredBody } from "../../../domain/messages/content.ts";
import type { ConversationHookData, HookFormat } from "../../../domain/server/hook-format.ts";
import { serializeLastMessage } from "../serialize/messages/messages.ts";
import { serializeReactions } from "../serialize/messages/reactions.ts";
import { serializeServerUser } from "../serialize/server-users.ts";

/** v1's form of what hooks are told. */
export const hookFormat: HookFormat = {
  user: ({ userId, externalId, user }) => ({
    user: user ? serializeServerUser(user) : { id: userId, external_id: externalId },
  }),
  sending: ({
    conversationId,
    sender: { id, username, nickname, avatar },
    kind,
    body,
    clientMsgId,
    mentions,
    threadRoot,
    edits,
  }) => ({
    conversation_id: conversationId,
    message: {
      sender: { id, username, nickname, avatar },
      ...{ kind, body: StoredBody.parse(JSON.parse(body)), mentions },
      ...(clientMsgId !== undefined && { client_msg_id: clientMsgId }),
      ...(threadRoot !== null && { thread: { root: threadRoot } }),
    },
    ...(edits !== null && { edits }),
  }),
  data: (data) => ({ conversation_id: data.conversationId, seq: data.seq, rev: data.rev, ...shown(data) }),
};

function shown(data: ConversationHookData): object {
  if ("message" in data) {
    const { message } = data;
    return {
      message: { ...serializeLastMessage(message), reactions: serializeReactions(message.reactions) },
    };
  }
  if ("member" in data) return { member: data.member };
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
