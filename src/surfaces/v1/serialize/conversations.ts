import type { z } from "@hono/zod-openapi";
import type { ConversationWithOnlineCount } from "../../../core/conversations/online-count.ts";
import type { Conversation } from "../../../domain/conversations/conversation.ts";
import { isDiscoverable, showsHistory } from "../../../domain/conversations/group-policies.ts";
import { Seq } from "../../../domain/ids.ts";
import { readMetadata } from "../../../domain/server/metadata.ts";
import { serializeUser } from "../accounts/users.ts";
import { serializeLastMessage } from "../messages/message.ts";
import type {
  Conversation as ConversationShape,
  DirectConversation,
  GroupConversation,
} from "../schemas/conversations.ts";
import { serializeComposerDraft } from "./composer-drafts.ts";

/** A conversation as v1 shows it to a member. A direct conversation has no fields of groups. */
export function serializeConversation(conversation: Conversation): z.infer<typeof ConversationShape> {
  return conversation.kind === "group" ? serializeGroup(conversation) : serializeDirect(conversation);
}

/** The same, for groups with the number of members who are online. */
export function serializeWithOnlineCount({
  conversation,
  onlineCount,
}: ConversationWithOnlineCount): z.infer<typeof ConversationShape> {
  const serialized = serializeConversation(conversation);
  return serialized.kind === "group" ? { ...serialized, online_count: onlineCount } : serialized;
}

function serializeDirect(conversation: Conversation): z.infer<typeof DirectConversation> {
  const { peer } = conversation;
  if (!peer) throw new Error("a direct conversation has a peer");
  return { kind: "direct", ...sharedFields(conversation), peer: serializeUser(peer) };
}

function serializeGroup(conversation: Conversation): z.infer<typeof GroupConversation> {
  const { ownerId } = conversation;
  if (ownerId === null) throw new Error("a group has an owner");
  return {
    kind: "group",
    ...sharedFields(conversation),
    introduction: conversation.introduction,
    announcement: conversation.announcement,
    join_policy: conversation.joinPolicy,
    discoverable: isDiscoverable(conversation),
    threads: conversation.threads ? ("on" as const) : ("off" as const),
    link_previews: conversation.linkPreviews,
    slow_mode_s: conversation.slowModeS,
    history: showsHistory(conversation) ? ("all" as const) : ("joined" as const),
    leave: conversation.mayLeave,
    owner_id: ownerId,
    role: conversation.role,
  };
}

function sharedFields(conversation: Conversation) {
  const { lastMessage } = conversation;
  return {
    id: conversation.id,
    name: conversation.name,
    avatar: conversation.avatar,
    member_count: conversation.memberCount,
    last_message: lastMessage && serializeLastMessage(lastMessage),
    last_seq: conversation.lastSeq,
    read_seq: conversation.readSeq,
    unread_count: conversation.unreadCount,
    ...(conversation.unreadFrom !== null && { unread_from: conversation.unreadFrom }),
    ...(conversation.visibleFrom > 0 && { history_from: Seq.parse(conversation.visibleFrom + 1) }),
    threads_unread: conversation.threadsUnread,
    sticky: conversation.pinned,
    silent: conversation.silent,
    muted_until: conversation.mutedUntil,
    archived: conversation.archived,
    validation: conversation.validation,
    disabled: conversation.disabled,
    metadata: readMetadata(conversation.metadata),
    updated_at: conversation.updatedAt,
    ...(conversation.isDeleted && { deleted: true as const }),
    ...(conversation.draft && { draft: serializeComposerDraft(conversation.draft) }),
  };
}
