import { z } from "zod";

/**
 * The objects that Stream exports and imports, as far as they are read. A user is an object or an id.
 * @see https://getstream.io/chat/docs/node/exporting_channels/
 * @see https://getstream.io/chat/docs/node/import/
 */

const text = z.string().nullish();
/** RFC 3339, in UTC. */
const time = z
  .string()
  .transform((value, context) => {
    const ms = Date.parse(value);
    if (!Number.isNaN(ms)) return Math.max(ms, 0);
    context.addIssue("is no time");
    return z.NEVER;
  })
  .nullish();

export const User = z.object({
  id: z.string().min(1),
  ...{ name: text, image: text, email: text },
  ...{ created_at: time, deleted_at: time, deactivated_at: time },
});
export type User = z.infer<typeof User>;

/** A user, or their id alone. */
const UserRef = z.union([z.string().transform((id): User => ({ id })), User]);

/** The fields that say which channel something belongs to. */
const InChannel = {
  ...{ cid: text, channel_type: text, channel_id: text },
  channel_member_ids: z.array(z.string()).nullish(),
};

export const Member = z.object({
  ...InChannel,
  user: UserRef.nullish(),
  user_id: text,
  ...{ role: text, channel_role: text },
  is_moderator: z.boolean().nullish(),
  ...{ created_at: time, deleted_at: time },
  /** whether the user was invited, and whether they have come */
  invited: z.boolean().nullish(),
  ...{ invite_accepted_at: time, invite_rejected_at: time },
  /** the ids of messages that the member has deleted for themself */
  deleted_messages: z.array(z.string()).nullish().catch(null),
});
export type Member = z.infer<typeof Member>;

export const Channel = z.object({
  ...{ id: text, type: z.string(), cid: text, name: text, image: text, team: text },
  created_by: UserRef.nullish(),
  created_by_id: text,
  ...{ created_at: time, deleted_at: time, truncated_at: time },
  frozen: z.boolean().nullish(),
  /** no client sees it */
  disabled: z.boolean().nullish(),
  member_ids: z.array(z.string()).nullish(),
  members: z.array(Member.nullable().catch(null)).nullish(),
});
export type Channel = z.infer<typeof Channel>;

const Attachment = z.object({
  ...{ type: text, title: text, title_link: text, text, fallback: text, name: text, og_scrape_url: text },
  ...{ asset_url: text, image_url: text, thumb_url: text, url: text, mime_type: text },
  file_size: z.coerce.number().nullish().catch(null),
  original_width: z.number().nullish().catch(null),
  original_height: z.number().nullish().catch(null),
  duration: z.number().nullish().catch(null),
});
export type Attachment = z.infer<typeof Attachment>;

export const Reaction = z.object({
  message_id: text,
  type: z.string().min(1),
  user: UserRef.nullish(),
  user_id: text,
  created_at: time,
});
export type Reaction = z.infer<typeof Reaction>;

const Vote = z.object({ user_id: text, created_at: time });

const Poll = z.object({
  name: z.string(),
  description: text,
  options: z.array(z.object({ id: z.string(), text: z.string() })),
  voting_visibility: text,
  enforce_unique_vote: z.boolean().nullish(),
  is_closed: z.boolean().nullish(),
  updated_at: time,
  vote_count: z.number().nullish(),
  latest_votes_by_option: z.record(z.string(), z.array(Vote)).nullish(),
});
export type Poll = z.infer<typeof Poll>;

export const Message = z.object({
  ...InChannel,
  id: z.string().min(1),
  type: text,
  text,
  user: UserRef.nullish(),
  user_id: text,
  ...{ parent_id: text, quoted_message_id: text },
  show_in_channel: z.boolean().nullish(),
  attachments: z.array(Attachment.nullable().catch(null)).nullish(),
  mentioned_users: z.array(UserRef).nullish(),
  mentioned_users_ids: z.array(z.string()).nullish(),
  silent: z.boolean().nullish(),
  /** its sender was banned without knowing it, and alone sees the message */
  shadowed: z.boolean().nullish(),
  /** the users who alone see it; absent or empty: everybody does */
  restricted_visibility: z.array(z.unknown()).nullish(),
  /** somebody has deleted it for themself */
  deleted_for_me: z.boolean().nullish(),
  ...{ created_at: time, deleted_at: time, message_text_updated_at: time, pinned_at: time, updated_at: time },
  pinned_by: UserRef.nullish(),
  pinned_by_id: text,
  reply_count: z.number().nullish(),
  reactions: z.array(Reaction).nullish(),
  latest_reactions: z.array(Reaction).nullish(),
  reaction_counts: z.record(z.string(), z.number()).nullish().catch(null),
  poll: Poll.nullish().catch(null),
});
export type Message = z.infer<typeof Message>;

/** Fields of a message that Stream writes and nobody misses; all further ones are the team's own. */
const STREAMS = new Set([
  ...Object.keys(Message.shape),
  ...[
    "html",
    "i18n",
    "mml",
    "command",
    "own_reactions",
    "reaction_scores",
    "reaction_groups",
    "pinned",
    "pin_expires",
  ],
  ...["thread_participants", "quoted_message", "channel", "member", "moderation", "moderation_details"],
  ...["poll_id", "deleted_reply_count", "before_message_send_failed", "image_labels", "draft", "reminder"],
  ...["args", "custom"],
]);

/** The same of a channel. */
const STREAMS_OF_CHANNEL = new Set([
  ...Object.keys(Channel.shape),
  ...["config", "own_capabilities", "member_count", "message_count", "last_message_at", "updated_at"],
  ...["hidden", "muted", "auto_translation_enabled", "auto_translation_language", "cooldown"],
  ...[
    "truncated_by",
    "invites",
    "blocked",
    "read",
    "reads",
    "watchers",
    "watcher_count",
    "messages",
    "custom",
  ],
  ...["pinned_messages", "threads", "membership", "channel", "item", "data"],
]);

/** The team's own fields of a message. */
export function ownFields(message: unknown): Record<string, unknown> {
  return fieldsBeside(message, STREAMS);
}

/** The team's own fields of a channel. */
export function ownChannelFields(channel: unknown): Record<string, unknown> {
  return fieldsBeside(channel, STREAMS_OF_CHANNEL);
}

function fieldsBeside(all: unknown, known: ReadonlySet<string>): Record<string, unknown> {
  if (typeof all !== "object" || all === null) return {};
  const own = Object.entries(all).filter(([name, value]) => !known.has(name) && value !== null);
  const custom = "custom" in all && typeof all.custom === "object" ? all.custom : {};
  return { ...Object.fromEntries(own), ...custom };
}

/** An item of an import, or a line of an export with lines. */
export const Item = z.object({
  type: z.string(),
  item: z.unknown().optional(),
  data: z.unknown().optional(),
});
