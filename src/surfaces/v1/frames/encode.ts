import { EncodedPart } from "../../../domain/sync/encoded-message.ts";
import type { Encoder, RoomEvent, SampledRange } from "../../../domain/sync/socket-protocol.ts";
import { serializePerson } from "../accounts/users.ts";
import { serializeConversation } from "../conversations/conversation.ts";
import { messageJson, partJson } from "../messages/message.ts";
import { serializeThreadState } from "../messages/threads.ts";
import { codeOf } from "../problems.ts";
import type { Sampled } from "./sampled.ts";
import type { Ack, ConversationEventFrame, Refusal } from "./server.ts";

/** The encoding that room sockets and device sockets share: messages, acks, refusals. */
export const encoding: Omit<Encoder<never>, "event"> = {
  message: (message) => EncodedPart.parse(messageJson(message)),
  part: (message) => EncodedPart.parse(partJson(message)),
  ack: (conversationId, { seq, createdAt }, clientMsgId, message) => {
    const ack = JSON.stringify({
      type: "ack",
      client_msg_id: clientMsgId,
      conversation_id: conversationId,
      seq,
      created_at: createdAt,
    } satisfies Ack);
    return EncodedPart.parse(message === undefined ? ack : `${ack.slice(0, -1)},"message":${message}}`);
  },
  messages: (pieces, sampled) =>
    pieces.length === 1 && !sampled
      ? `{"type":"message","message":${pieces[0]}}`
      : `{"type":"messages","items":[${pieces.join(",")}]${sampled ? sampledField(sampled) : ""}}`,
  acks: (pieces) =>
    pieces.length === 1 ? String(pieces[0]) : `{"type":"acks","items":[${pieces.join(",")}]}`,
  changed: (conversationId, rev, parts) =>
    `{"type":"changed","conversation_id":${conversationId},"rev":${rev},"items":[${parts.join(",")}]}`,
  refused: (failure, { clientMsgId, conversationId } = {}) => {
    const { detail, data } = failure;
    return JSON.stringify({
      type: "error",
      code: codeOf(failure),
      detail,
      reason: data?.reason,
      policy: data?.deniedBy,
      muted_until: data?.mutedUntil,
      retry_after: data?.retryAfter,
      conversation_id: conversationId,
      client_msg_id: clientMsgId,
    } satisfies Refusal);
  },
};

function sampledField({ after, lastSeq: last_seq }: SampledRange): string {
  return `,"sampled":${JSON.stringify({ after, last_seq, count: last_seq - after } satisfies Sampled)}`;
}

/** An event of a conversation as both kinds of socket send it. */
export function conversationEvent(event: Exclude<RoomEvent, { type: "ready" }>): ConversationEventFrame {
  switch (event.type) {
    case "synced":
      return {
        type: "synced",
        conversation_id: event.conversationId,
        last_seq: event.lastSeq,
        rev: event.rev,
        has_more: event.hasMore,
      };
    case "reset": {
      const { conversationId, lastSeq, rev } = event;
      return { type: "reset", conversation_id: conversationId, last_seq: lastSeq, rev };
    }
    case "read":
      return {
        type: "read",
        conversation_id: event.conversationId,
        user_id: event.userId,
        seq: event.seq,
        unread_count: event.unread?.count,
        last_seq: event.unread?.lastSeq,
        unread_from: event.unread?.from ?? undefined,
      };
    case "thread_read":
      return {
        type: "thread_read",
        conversation_id: event.conversationId,
        root: event.root,
        ...serializeThreadState(event.thread),
        threads_unread: event.unread.count,
        last_seq: event.unread.lastSeq,
      };
    case "typing":
      return { type: "typing", conversation_id: event.conversationId, user_id: event.userId };
    case "viewers":
      return { type: "viewers", conversation_id: event.conversationId, count: event.count };
    case "draft_text": {
      const { type, conversationId, stream, userId, text } = event;
      return { type, conversation_id: conversationId, stream, user_id: userId, text };
    }
    case "revoked": {
      const { seq, by, rev } = event;
      return { type: "revoked", conversation_id: event.conversationId, seq, by, rev };
    }
    case "hidden":
      return { type: "hidden", conversation_id: event.conversationId, seq: event.seq, rev: event.rev };
    case "deleted":
      return { type: "deleted", conversation_id: event.conversationId, seq: event.seq };
    case "conversation":
      return { type: "conversation", conversation: serializeConversation(event.conversation) };
    case "member": {
      const { event: memberEvent, userIds, actorId } = event;
      return {
        ...{ type: "member", conversation_id: event.conversationId, event: memberEvent, user_ids: userIds },
        ...(actorId !== undefined && { actor_id: actorId }),
      };
    }
    case "profile":
      return { type: "profile", user: serializePerson(event.user) };
    case "authed":
      return { type: "authed", expires_at: event.expiresAt };
    case "kicked":
      return { type: "kicked", reason: event.reason };
  }
}
