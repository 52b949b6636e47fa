import { fromMarkdown } from "../../../src/domain/foreign/markdown.ts";
import { PollBody } from "../../../src/domain/messages/polls.ts";
import { Metadata } from "../../../src/domain/server/metadata.ts";
import { plain } from "../../../src/lib/markup.ts";
import type { Collection } from "../collected/collection.ts";
import type { FileDraft, MessageDraft, PollDraft } from "../collected/draft.ts";
import type { Ids } from "../ids.ts";
import { reactionKeyOf } from "../text/emoji.ts";
import { attachmentOf } from "./attachments.ts";
import { type Message, ownFields, type Poll, type Reaction, type User } from "./shapes.ts";

/** The types of reactions that Stream's own components use. */
const REACTIONS: Readonly<Record<string, string>> = {
  ...{
    love: "❤️",
    like: "👍",
    haha: "😂",
    wow: "😮",
    sad: "😢",
    angry: "😠",
    thumbsup: "👍",
    thumbsdown: "👎",
  },
};
const NEVER_SENT = new Set(["ephemeral", "error"]);

/** The context in which the messages of a channel are converted. */
export interface StreamRoom {
  collection: Collection;
  ids: Ids;
  /** the external id of the conversation */
  conversation: string;
  /** the external id of a user; makes one whom the export does not have */
  user(user: User): string;
  /** up to this time the channel was emptied (ms since 1970); undefined: it was not */
  truncatedAt: number | undefined;
  /** the users who have deleted a message for themselves */
  hidersOf(id: string): readonly string[];
  /** the reactions to a message that are items of their own */
  reactions(id: string): readonly Reaction[];
}

/**
 * Takes a message into the collection.
 * @param raw the message as it is in the file, for the team's own fields
 */
export function takeMessage(room: StreamRoom, message: Message, raw: unknown, where: string): void {
  const { collection, conversation, ids } = room;
  const { type, created_at: time } = message;
  const author = message.user ?? (message.user_id ? { id: message.user_id } : undefined);
  if (time == null || !author || NEVER_SENT.has(type ?? "")) {
    const reason = NEVER_SENT.has(type ?? "")
      ? `a message of the type ${type}`
      : "a message without time or user";
    collection.leftOut.add({ reason, where, what: message.text ?? "" });
    return;
  }
  const id = ids.ofMessage(message.id);
  const narrow = audienceOf(message, time, room.truncatedAt);
  if (narrow !== undefined) {
    collection.withhold(conversation, id, { reason: narrow, where, what: message.text ?? "" });
    return;
  }
  const sender = room.user(author);
  const isRoot = (message.reply_count ?? 0) > 0;
  const base = { id, time, where, hiddenBy: [...room.hidersOf(message.id)] };
  const thread = message.parent_id
    ? { thread: { root: ids.ofMessage(message.parent_id), alsoInMain: message.show_in_channel ?? false } }
    : {};
  if (type === "deleted" || message.deleted_at != null) {
    collection.message(conversation, { ...base, sender, text: "", revoked: true, ...thread });
    return;
  }
  if (type === "system" && !isRoot && !message.parent_id) {
    // Stream's components show it as it is, without marks.
    collection.message(conversation, { ...base, sender: null, text: message.text ?? "" });
    return;
  }
  const { files, text } = contentOf(room, message, where);
  const pinner = message.pinned_by ?? (message.pinned_by_id ? { id: message.pinned_by_id } : author);
  const mentioned =
    message.mentioned_users ?? (message.mentioned_users_ids ?? []).map((user) => ({ id: user }));
  const poll = message.poll ? pollOf(room, message.poll, time, where) : undefined;
  const draft: MessageDraft = {
    ...{ ...base, ...thread, sender, files, mentions: mentioned.map((user) => room.user(user)) },
    text: [text, typeof poll === "string" ? poll : ""].filter(Boolean).join("\n"),
    ...(typeof poll === "object" && { poll }),
    ...(message.quoted_message_id && { replyTo: ids.ofMessage(message.quoted_message_id) }),
    ...(message.message_text_updated_at != null && { editedAt: message.message_text_updated_at }),
    ...(message.pinned_at != null && { pinned: { at: message.pinned_at, by: room.user(pinner) } }),
    ...(message.silent && { silent: true }),
    reactions: reactionsOf(room, message, where),
    ...metadataOf(room, raw, where),
  };
  collection.message(conversation, draft);
}

/** Why not everybody in the channel could see a message; undefined: everybody could. */
function audienceOf(message: Message, time: number, truncatedAt: number | undefined): string | undefined {
  if ((message.restricted_visibility ?? []).length > 0) return "a message that only some members could see";
  if (message.shadowed) return "a message of a shadow-banned user, which nobody else could see";
  if (message.deleted_for_me) return "a message that somebody had deleted for themself";
  if (truncatedAt !== undefined && time <= truncatedAt)
    return "a message from before its channel was emptied";
  return undefined;
}

function contentOf(
  { collection, ids }: StreamRoom,
  message: Message,
  where: string,
): { files: FileDraft[]; text: string } {
  const files: FileDraft[] = [];
  // The text of a poll is mostly its question.
  const texts = [message.text === message.poll?.name ? "" : fromMarkdown(message.text ?? "")];
  for (const [i, attachment] of (message.attachments ?? []).entries()) {
    if (!attachment) continue;
    const shown = attachmentOf(ids, attachment, `${message.id}/${i}`, message.text ?? "");
    if ("file" in shown) files.push(shown.file);
    else if ("preview" in shown)
      collection.leftOut.add({ reason: "(the link stays) a preview of a link", where });
    else if (shown.text !== "") texts.push(shown.text);
    else collection.leftOut.add({ reason: `an attachment of the type ${attachment.type}`, where });
  }
  return { files, text: texts.filter(Boolean).join("\n") };
}

function reactionsOf(
  room: StreamRoom,
  message: Message,
  where: string,
): NonNullable<MessageDraft["reactions"]> {
  const own = message.reactions ?? message.latest_reactions ?? [];
  const all = [...own, ...room.reactions(message.id)];
  const counted = Object.values(message.reaction_counts ?? {}).reduce((sum, count) => sum + count, 0);
  room.collection.leftOut.add(
    { reason: "a reaction of somebody whom the export does not name", where },
    counted - all.length,
  );
  return all
    .toSorted((a, b) => (a.created_at ?? 0) - (b.created_at ?? 0))
    .flatMap(({ type, user, user_id: userId, created_at: at }) => {
      const by = user ?? (userId ? { id: userId } : undefined);
      const key = REACTIONS[type] ?? (/^[\w+:-]+$/.test(type) ? reactionKeyOf(type) : type);
      return by ? [{ key, user: room.user(by), ...(at != null && { at }) }] : [];
    });
}

/** The team's own fields, as far as metadata takes them. */
function metadataOf({ collection }: StreamRoom, raw: unknown, where: string): Pick<MessageDraft, "metadata"> {
  const own = ownFields(raw);
  if (Object.keys(own).length === 0) return {};
  const metadata = Metadata.safeParse(own);
  if (metadata.success) return { metadata: metadata.data };
  collection.leftOut.add({ reason: "fields of the team's own of more than 4 KiB", where });
  return {};
}

/** A poll, or its text if it breaks a rule of polls here. */
function pollOf(room: StreamRoom, poll: Poll, time: number, where: string): PollDraft | string {
  const { name, options, is_closed: isClosed, latest_votes_by_option: byOption } = poll;
  const body = PollBody.safeParse({
    ...{ question: name, options: options.map(({ text }) => text), ends_at: 0 },
    ...{ multiple: !poll.enforce_unique_vote, anonymous: poll.voting_visibility === "anonymous" },
  });
  if (!body.success) {
    room.collection.leftOut.add({ reason: "(as text) a poll that is none here", where, what: name });
    return [plain(name), ...options.map(({ text }, i) => `${i + 1}. ${plain(text)}`)].join("\n");
  }
  const votes = options.flatMap(({ id }, option) =>
    (byOption?.[id] ?? []).flatMap(({ user_id: user, created_at: at }) =>
      user ? [{ option, user: room.user({ id: user }), at: at ?? time }] : [],
    ),
  );
  room.collection.leftOut.add(
    { reason: "a vote of which the export has a number alone", where },
    (poll.vote_count ?? 0) - votes.length,
  );
  return { body: body.data, votes, ...(isClosed && { closedAt: Math.max(poll.updated_at ?? time, time) }) };
}
