import { z } from "@hono/zod-openapi";
import type { ConversationWithOnlineCount } from "../../../core/conversations/online-count.ts";
import { FOR_EVER } from "../../../domain/conversations/archive.ts";
import {
  ConversationKind,
  type Conversation as DomainConversation,
} from "../../../domain/conversations/conversation.ts";
import { JoinPolicy, Role } from "../../../domain/conversations/group-kind.ts";
import {
  isAudienceRoom,
  isDiscoverable,
  mayMentionAll,
  showsHistory,
} from "../../../domain/conversations/group-policies.ts";
import { ConversationId, Position, Seq, SpaceId, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { readMetadata } from "../../../domain/server/metadata.ts";
import { LAST_TIME } from "../../../lib/stored-time.ts";
import { serializeUser, User } from "../accounts/users.ts";
import { Metadata, orNull, Time } from "../common.ts";
import { Message, serializeLastMessage } from "../messages/message.ts";
import { ComposerDraft, serializeComposerDraft } from "./composer-drafts.ts";
import { UnreadFrom } from "./read-positions.ts";

export const Discoverable = z.boolean().openapi({
  description:
    "Of a group: users who are not in it can look at it by its number (`GET /v1/groups/{id}`): they see its name, avatar, introduction, owner, join policy and number of members",
});

export const Threads = z.enum(["on", "off"]).openapi({
  description: "Of a group: whether members may answer in threads. `off`: such a send is refused with 400",
});

export const LinkPreviews = z.boolean().openapi({
  description:
    "Whether messages show previews of what they link to, where the server has previews. `false`: none is fetched; those that are there stay",
});

/** What new members see. */
export const History = z.enum(["all", "joined"]).openapi({
  description: "Of a group: whether who joins from now on sees what was before they came",
});

/** Whether members may leave. */
export const MayLeave = z.boolean().openapi({
  description: "Of a group: whether its members may leave; `false`: leaving is a 403, over every API",
});

/** The pause between two messages of a member. */
export const SlowMode = z
  .int()
  .min(0, "must be 0 or more seconds")
  .max(LIMITS.slowModeS, `must be at most ${LIMITS.slowModeS} seconds`)
  .openapi({
    description:
      "Of a group: how many seconds a member waits between two messages, or sends are 429 `slow_mode`; 0: slow mode is off. The owner and admins do not wait",
    example: 30,
  });

/** What the number of members decides. */
const Policies = z
  .object({
    unread: z.enum(["pushed", "pulled"]).openapi({
      description: "`pulled`: counts are right when they are read, and devices hear of them once a minute",
    }),
    typing: z.boolean().openapi({ description: "Whether members hear who types" }),
    receipts: z.enum(["names", "own"]).openapi({ description: "`own`: nobody hears who has read what" }),
    presence: z.enum(["each", "count"]).openapi({
      description: "`count`: show `online_count`. `each`: `online` of the members beside it",
    }),
    member_list: z.enum(["all", "search"]).openapi({
      description: "`search`: load pages and search by `q`, and never the whole list",
    }),
    mention_all: z.enum(["members", "admins"]).openapi({ description: "Who may mention all" }),
  })
  .openapi("GroupPolicies", {
    description: "Of a group: what its number of members decides. Hide what is off, and ask for nothing else",
  });

/** Who may write. */
export const MayWrite = z.enum(["members", "admins", "everybody"]).openapi({
  description:
    'Of a group: who may write, edit, react, vote and pin. `admins`: the owner and the admins; for others that is a 403 `forbidden` with `policy: "may_write"`. `everybody`, in audience rooms alone: viewers too, who become members by it',
});
type MayWrite = z.infer<typeof MayWrite>;

/** Whether a group is an audience room. */
export const Audience = z.boolean().openapi({
  description:
    "The group is an audience room: while its `join_policy` is `free`, everybody with a token may look at it without being a member. It is set as the group is created; changing it is a 400",
});

export const IsAudienceRoom = z.literal(true).openapi({
  description: "The group is an audience room. Otherwise absent",
});

/** Who may write, as v1 says whether all others are muted, and whether viewers may write. */
export function shownMayWrite({
  muteAll,
  viewers,
}: Pick<DomainConversation, "muteAll" | "viewers">): MayWrite {
  if (muteAll) return "admins";
  return viewers === "write" ? "everybody" : "members";
}

/** The same as it is asked for; absent: as it is. */
export function readMayWrite(mayWrite: MayWrite | undefined) {
  if (mayWrite === undefined) return {};
  const viewers = { everybody: "write", members: "look", admins: undefined } as const;
  return { muteAll: mayWrite === "admins", viewers: viewers[mayWrite] };
}

export const MutedUntil = z
  .int()
  .min(FOR_EVER)
  .max(LAST_TIME)
  .openapi({ description: "Milliseconds since 1970; 0: not muted, -1: for ever", example: 0 });

/** The fields of every conversation. */
const ConversationFields = {
  id: ConversationId,
  kind: ConversationKind,
  name: z.string(),
  avatar: z.string(),
  member_count: z.int(),
  last_message: orNull(Message),
  last_seq: Position,
  read_seq: Position,
  unread_count: z.int(),
  unread_from: UnreadFrom.optional(),
  history_from: Seq.optional().openapi({
    description:
      "The first message of your history. Earlier ones have expired, are from before you came, or you have deleted them: drop what you hold of them. Absent: 1",
  }),
  threads_unread: z.int().openapi({
    description: "Unread thread-only replies in the threads that you follow; not in `unread_count`",
  }),
  sticky: z.boolean(),
  silent: z.boolean().openapi({ description: "You have muted it: `muted_until` is not 0" }),
  muted_until: MutedUntil.openapi({ description: "0: not muted, or the time is over. -1: for ever" }),
  archived: z.boolean().openapi({
    description: "It is in your archive, `GET /v1/conversations?archived=true`, and not in your list",
  }),
  validation: z.boolean(),
  disabled: z.boolean(),
  metadata: Metadata,
  updated_at: Time,
  deleted: z.literal(true).optional().openapi({
    description:
      "You have deleted it for yourself, and no message has come since: it is in no list of yours. Otherwise absent",
  }),
  draft: ComposerDraft.optional().openapi({
    description: "In lists: what you are writing there, if anything",
  }),
};

export const DirectConversation = z
  .object({ ...ConversationFields, kind: z.literal("direct"), peer: User })
  .openapi("DirectConversation");

export const GroupConversation = z
  .object({
    ...ConversationFields,
    kind: z.literal("group"),
    introduction: z.string(),
    announcement: z.string(),
    join_policy: JoinPolicy,
    discoverable: Discoverable,
    threads: Threads,
    link_previews: LinkPreviews,
    slow_mode_s: SlowMode,
    may_write: MayWrite,
    audience: IsAudienceRoom.optional(),
    space_id: SpaceId.optional().openapi({
      description: "It is a channel of this space, whose members can read it. Otherwise absent",
    }),
    history: History,
    leave: MayLeave,
    owner_id: UserId,
    role: z.enum([...Role.options, "viewer"]).openapi({
      description: "`viewer`: you look at an audience room, or at a channel, without following it",
    }),
    policies: Policies,
    online_count: z.int().optional(),
    viewer_count: z.int().nonnegative().optional().openapi({
      description: "In `GET /v1/conversations/{id}` of a crowd or an audience room: how many users look",
    }),
    online_sampled: z.literal(true).optional().openapi({
      description: "With more than 1,000 members: `online_count` is estimated by a sample. Otherwise absent",
    }),
    crowd: z.literal(true).optional().openapi({
      description:
        "The group is a crowd: what you did not ask for may be a minute old, unless it names you. Otherwise absent",
    }),
    stale: z.literal(true).optional().openapi({
      description: "In lists: the crowd has not answered, and is shown as it was. Otherwise absent",
    }),
    asked: z.array(UserId).optional().openapi({
      description: "In the answer that has created it: who gets a message request; absent: nobody",
    }),
  })
  .openapi("GroupConversation");

/** A conversation as one member sees it. `kind` selects its further fields. */
export const Conversation = z
  .discriminatedUnion("kind", [GroupConversation, DirectConversation])
  .openapi("Conversation");

/** A conversation as v1 shows it to a member. A direct conversation has no fields of groups. */
export function serializeConversation(conversation: DomainConversation): z.infer<typeof Conversation> {
  return conversation.kind === "group" ? serializeGroup(conversation) : serializeDirect(conversation);
}

/** The same, for groups with the number of members who are online. */
export function serializeWithOnlineCount({
  conversation,
  onlineCount,
  isOnlineSampled,
}: ConversationWithOnlineCount): z.infer<typeof Conversation> {
  const serialized = serializeConversation(conversation);
  if (serialized.kind !== "group") return serialized;
  return {
    ...{ ...serialized, online_count: onlineCount },
    ...(isOnlineSampled && { online_sampled: true as const }),
  };
}

function serializeDirect(conversation: DomainConversation): z.infer<typeof DirectConversation> {
  const { peer } = conversation;
  if (!peer) throw new Error("a direct conversation has a peer");
  return { kind: "direct", ...sharedFields(conversation), peer: serializeUser(peer) };
}

function serializeGroup(conversation: DomainConversation): z.infer<typeof GroupConversation> {
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
    may_write: shownMayWrite(conversation),
    ...(isAudienceRoom(conversation) && { audience: true as const }),
    ...(conversation.spaceId !== null && { space_id: conversation.spaceId }),
    history: showsHistory(conversation) ? ("all" as const) : ("joined" as const),
    leave: conversation.mayLeave,
    owner_id: ownerId,
    role: conversation.isViewer ? "viewer" : conversation.role,
    policies: policiesOf(conversation),
    ...(conversation.isCrowd && { crowd: true as const }),
    ...(conversation.isStale && { stale: true as const }),
    ...(conversation.viewerCount !== undefined && { viewer_count: conversation.viewerCount }),
  };
}

function policiesOf({
  isCrowd,
  memberCount,
  viewers,
}: Pick<DomainConversation, "isCrowd" | "memberCount" | "viewers">): z.infer<typeof Policies> {
  const isPublic = isCrowd || isAudienceRoom({ viewers });
  return {
    unread: isCrowd ? "pulled" : "pushed",
    typing: !isPublic,
    receipts: isPublic ? "own" : "names",
    presence: isCrowd ? "count" : "each",
    member_list: isCrowd ? "search" : "all",
    mention_all: mayMentionAll("member", memberCount) ? "members" : "admins",
  };
}

function sharedFields(conversation: DomainConversation) {
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
