import { z } from "@hono/zod-openapi";
import { ProfileFields } from "../../../domain/accounts/user.ts";
import { FOR_EVER } from "../../../domain/conversations/archive.ts";
import { ConversationKind } from "../../../domain/conversations/conversation.ts";
import { JoinPolicy, Role } from "../../../domain/conversations/group-kind.ts";
import {
  ClientGroupId as ClientGroupIdText,
  ConversationId,
  Position,
  Seq,
  UserId,
} from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { GroupName } from "../../../domain/names/names.ts";
import { textUpTo } from "../../../domain/text.ts";
import { LAST_TIME } from "../../../lib/stored-time.ts";
import { User } from "../accounts/users.ts";
import { ListQuery, Metadata, orNull, pageShape, Time } from "../common.ts";
import { Message } from "../messages/message.ts";
import { ComposerDraft } from "./composer-drafts.ts";
import { UnreadFrom } from "./messages/messages.ts";

const Discoverable = z.boolean().openapi({
  description:
    "Of a group: users who are not in it can look at it by its number (`GET /v1/groups/{id}`): they see its name, avatar, introduction, owner, join policy and number of members",
});

const Threads = z.enum(["on", "off"]).openapi({
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

const ClientGroupId = ClientGroupIdText.meta({
  description:
    "Your own id of the creation: a repeated creation with the same id answers with the group of the first",
  example: "g1",
});

const NewDirectConversation = z
  .object({ kind: z.literal("direct"), user_id: UserId })
  .openapi("NewDirectConversation");

const NewGroup = z
  .object({
    kind: z.literal("group"),
    name: GroupName,
    member_ids: z.array(UserId),
    join_policy: JoinPolicy.default("approval"),
    discoverable: Discoverable.default(false),
    client_group_id: ClientGroupId.optional(),
  })
  .openapi("NewGroup");

export const NewConversation = z
  .discriminatedUnion("kind", [NewDirectConversation, NewGroup])
  .openapi("NewConversation");

/** Absent = unchanged. */
export const ConversationChange = z
  .object({
    name: GroupName.optional(),
    avatar: ProfileFields.shape.avatar.optional(),
    introduction: textUpTo(LIMITS.description).optional(),
    announcement: textUpTo(LIMITS.description).optional(),
    join_policy: JoinPolicy.optional(),
    discoverable: Discoverable.optional(),
    threads: Threads.optional(),
    link_previews: LinkPreviews.optional(),
    slow_mode_s: SlowMode.optional(),
    metadata: Metadata.optional(),
  })
  .openapi("ConversationChange");

const MutedUntil = z
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
    history: History,
    leave: MayLeave,
    owner_id: UserId,
    role: Role,
    online_count: z.int().optional(),
    asked: z.array(UserId).optional().openapi({
      description: "In the answer that has created it: who gets a message request; absent: nobody",
    }),
  })
  .openapi("GroupConversation");

/** A conversation as one member sees it. `kind` selects its further fields. */
export const Conversation = z
  .discriminatedUnion("kind", [GroupConversation, DirectConversation])
  .openapi("Conversation");

/** The query of the list. */
export const ConversationListQuery = ListQuery.extend({
  archived: z
    .enum(["true", "false"])
    .default("false")
    .openapi({ description: "`true`: your archive; `false`: your list without it", example: "false" }),
});

export const ConversationList = pageShape(Conversation).openapi("ConversationList");

export const PreferencesChange = z
  .object({
    sticky: z.boolean().optional(),
    silent: z.boolean().optional().openapi({ description: "Mutes it for ever, or not any more" }),
    muted_until: MutedUntil.optional(),
    archived: z.boolean().optional().openapi({ description: "Puts it into your archive, or back" }),
    validation: z.boolean().optional(),
  })
  .refine(({ silent, muted_until }) => {
    return silent === undefined || muted_until === undefined || silent === (muted_until !== 0);
  }, "`silent` and `muted_until` contradict each other: give one of them")
  .openapi("PreferencesChange");
