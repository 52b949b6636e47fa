import { posix } from "node:path";
import { embedText } from "../../../src/domain/foreign/discord/embeds.ts";
import { fromDiscord } from "../../../src/domain/foreign/discord/markdown.ts";
import type { Collection } from "../collected/collection.ts";
import type { FileDraft, MessageDraft } from "../collected/draft.ts";
import type { Ids } from "../ids.ts";
import { ownKey } from "../text/emoji.ts";
import { quote } from "../text/quote.ts";
import { type KnownNames, TextNames } from "../text/text-names.ts";
import type { Attachment, Embed, Message, User } from "./shapes.ts";

/** Types of messages that people and apps write. `20`, `23`: the answer of an app to a command */
const SAID = new Set(["Default", "Reply", "20", "23"]);
/** Types of messages about a channel: notices by nobody. */
const NOTICES = new Set(["Call", "ChannelNameChange", "ChannelIconChange"]);
const JOINED = "GuildMemberJoin";
/** In a direct conversation of several: somebody was added, or has left. */
const ADDED = "RecipientAdd";
const REMOVED = "RecipientRemove";

/** The context in which the messages of a channel are converted. */
export interface DiscordRoom {
  collection: Collection;
  ids: Ids;
  /** the external id of the conversation */
  conversation: string;
  /** the file, whose folder attachments are in */
  path: string;
  /** of a thread: the external id of the message that it answers */
  root: string | undefined;
  /** who was added to a group, or left it, and when last (ms since 1970) */
  moves: Map<string, { at: number; isIn: boolean }>;
  /** the external id of a user; makes one whom nobody has named yet */
  user(user: User): string;
  channelName(id: string): string | undefined;
}

/** Takes a message into the collection. @param where its file and line */
export function takeMessage(room: DiscordRoom, message: Message, where: string): void {
  const { collection, conversation, ids } = room;
  const { type, timestamp: time, content } = message;
  for (const user of message.mentions ?? []) room.user(user);
  const sender = room.user(message.author);
  if (type === ADDED || type === REMOVED) {
    const [moved = message.author] = message.mentions ?? [];
    const user = room.user(moved);
    if (time >= (room.moves.get(user)?.at ?? 0)) room.moves.set(user, { at: time, isIn: type === ADDED });
    if (type === ADDED) collection.member(conversation, user);
  }
  if (type === JOINED) collection.member(conversation, sender, { joined_at: time });
  const id = ids.ofMessage(message.id);
  if (NOTICES.has(type)) {
    const text = `${collection.nameOf(sender)}: ${content ?? ""}`;
    collection.message(conversation, { id, sender: null, time, text, where }, orderOf(message));
    return;
  }
  if (!SAID.has(type)) {
    collection.leftOut.add({ reason: `a notice of the kind ${type}`, where, what: content ?? "" });
    return;
  }
  // The export has no list of members: authors are members.
  collection.member(conversation, sender);
  const known: KnownNames = {
    user: (one) => {
      const user = collection.idOf(one);
      return user === undefined ? undefined : { id: user, name: collection.nameOf(user) };
    },
    channel: room.channelName,
  };
  const names = new TextNames(known, "everyone");
  const { text, mentions, mentionsAll } = names.converted(textOf(room, message, names, where));
  const listed = (message.mentions ?? []).map((user) => room.user(user));
  // Discord lists the author of the answered message as mentioned, though the text does not name them.
  const named = listed.filter((user) => text.includes(`@${collection.nameOf(user)}`));
  const draft: MessageDraft = {
    ...{ id, sender, time, text, where, mentionsAll, mentions: [...new Set([...mentions, ...named])] },
    files: filesOf(room, message),
    ...(room.root !== undefined && { thread: { root: room.root, alsoInMain: false } }),
    ...(type === "Reply" &&
      message.reference?.messageId && { replyTo: ids.ofMessage(message.reference.messageId) }),
    ...(message.timestampEdited != null && { editedAt: message.timestampEdited }),
    reactions: reactionsOf(room, message, where),
    // The export does not say who has pinned it, and when.
    ...(message.isPinned && { pinned: { at: time, by: sender } }),
  };
  collection.message(conversation, draft, orderOf(message));
}

function reactionsOf(
  room: DiscordRoom,
  message: Message,
  where: string,
): NonNullable<MessageDraft["reactions"]> {
  return (message.reactions ?? []).flatMap(({ emoji, count, users }) => {
    const name = emoji.name ?? "";
    const missing = (count ?? 0) - (users?.length ?? 0);
    room.collection.leftOut.add(
      { reason: "a reaction of somebody whom the export does not name", where, what: name },
      missing,
    );
    const key = emoji.id ? ownKey(name) : name;
    return (users ?? []).map((user) => ({ key, user: room.user(user) }));
  });
}

/** The text of a message: its content, embeds, stickers and the forwarded message. */
function textOf({ collection }: DiscordRoom, message: Message, names: TextNames, where: string): string {
  const { content, embeds, stickers, forwardedMessage: forwarded } = message;
  const base = content ?? "";
  const shown = (embed: Embed) => {
    const isPreview = embed.url && base.includes(embed.url);
    if (isPreview) collection.leftOut.add({ reason: "(the link stays) a preview of a link", where });
    return isPreview ? "" : quote([embedText(embed, names)]);
  };
  const parts = [
    fromDiscord(base, names),
    forwarded &&
      quote([
        fromDiscord(forwarded.content ?? "", names),
        ...(forwarded.embeds ?? []).map((embed) => embedText(embed, names)),
      ]),
    ...(embeds ?? []).map(shown),
    ...(stickers ?? []).map(({ name }) => `[Sticker: ${name ?? ""}]`),
  ];
  return parts.filter(Boolean).join("\n");
}

function filesOf(
  { ids, path }: DiscordRoom,
  { attachments, forwardedMessage: forwarded }: Message,
): FileDraft[] {
  const fileOf = ({ id, url, fileName: name, fileSizeBytes: size }: Attachment): FileDraft => ({
    ...{ id: ids.of(`file/${id}`), name, size: size ?? undefined },
    ...bytesAt(url, path),
  });
  return [...(attachments ?? []), ...(forwarded?.attachments ?? [])].map(fileOf);
}

/** Where the bytes of an asset are: on the web, or in the folder of the file that names it. */
export function bytesAt(url: string, path: string): Pick<FileDraft, "url" | "paths"> {
  if (/^https?:/i.test(url)) return { url };
  const relative = url.replaceAll("\\", "/");
  return { paths: [relative, decoded(relative)].map((one) => posix.join(posix.dirname(path), one)) };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // A name with a percent sign is no encoded one.
    return path;
  }
}

/** The time, with the order of ids within a millisecond: their last 22 bits rise. */
function orderOf({ id, timestamp }: Message): number {
  return timestamp + Number(BigInt(id) % 2n ** 22n) / 2 ** 22;
}
