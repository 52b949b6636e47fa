import { posix } from "node:path";
import { NO_NAMES } from "../../../src/domain/foreign/names.ts";
import { attachmentText } from "../../../src/domain/foreign/slack/attachments.ts";
import { SlackBlocks } from "../../../src/domain/foreign/slack/blocks.ts";
import type { Collection } from "../collected/collection.ts";
import type { FileDraft, MessageDraft } from "../collected/draft.ts";
import type { Ids } from "../ids.ts";
import { reactionKeyOf } from "../text/emoji.ts";
import { quote } from "../text/quote.ts";
import { PostTexts } from "./markdown.ts";
import type { Post, Reply } from "./shapes.ts";

/** The context in which the posts of a conversation are converted. */
export interface MattermostRoom {
  collection: Collection;
  ids: Ids;
  /** the external id of the conversation */
  conversation: string;
  /** the folder of the export's file, which its `data/` is beside */
  folder: string;
  /** the external id of a user; makes one whom the export does not have */
  user(username: string): string;
}

/** Notices about members: the records of the members replace them. */
const MEMBERS = /^system_(join|leave|add|remove|guest)_?/;

/** Types of posts that one user alone saw, or that went away once they were read. */
const PRIVATE: ReadonlySet<string> = new Set(["system_ephemeral", "ephemeral", "burn_on_read"]);

/** Takes a post with its replies into the collection. @param where its file and line */
export function takePost(room: MattermostRoom, post: Post, where: string): void {
  const root = take(room, post, where);
  const thread = root === undefined ? undefined : { root, at: post.create_at };
  for (const [i, reply] of (post.replies ?? []).entries())
    take(room, reply, `${where} (reply ${i + 1})`, thread);
}

/** The root of a thread, and when it was written. */
interface Thread {
  root: string;
  at: number;
}

/** @returns its id; undefined: it is left out */
function take(room: MattermostRoom, post: Post, where: string, thread?: Thread): string | undefined {
  const { collection, conversation, ids } = room;
  const { type, flagged_by: saved, create_at: time } = post;
  collection.leftOut.add(
    { reason: "a message that somebody has saved for themself", where },
    saved?.length ?? 0,
  );
  // Clocks differ: a reply may be dated before the post that it answers, and comes behind it here.
  const order = Math.max(time, thread?.at ?? 0);
  const inThread = thread && { thread: { root: thread.root, alsoInMain: false } };
  // A reply needs the post that it answers, of whatever type.
  const isInThread = thread !== undefined || (post.replies?.length ?? 0) > 0;
  const isSystem = type?.startsWith("system_") ?? false;
  if (isSystem && MEMBERS.test(type ?? "") && !isInThread) {
    collection.leftOut.add({ reason: `a notice of the kind ${type}`, where, what: post.message ?? "" });
    return undefined;
  }
  const id = unusedId(room, `${time}:${post.user}`);
  if (PRIVATE.has(type ?? "")) {
    const item = {
      reason: `a post of the type ${type}, which few could see`,
      where,
      what: post.message ?? "",
    };
    collection.withhold(conversation, id, item);
    return id;
  }
  if (post.delete_at || post.deleted_at || post.props?.deleteBy) {
    if (isInThread)
      collection.message(
        conversation,
        { id, time, where, sender: senderOf(room, post), text: "", revoked: true, ...inThread },
        order,
      );
    else collection.leftOut.add({ reason: "a message that was deleted", where });
    return id;
  }
  const texts = new PostTexts((username) => {
    const user = collection.idOf(username);
    return user === undefined ? undefined : { id: user, name: collection.nameOf(user) };
  });
  const { text, ...mentions } = texts.converted(textOf(post, texts));
  if (isSystem && !isInThread) {
    collection.message(conversation, { id, sender: null, time, text, where });
    return id;
  }
  const sender = senderOf(room, post);
  const draft: MessageDraft = {
    ...{ id, sender, time, where, ...mentions },
    text: type === "me" && text !== "" ? `_${text}_` : text,
    files: (post.attachments ?? []).map(({ path }) => fileOf(ids, room.folder, path)),
    ...inThread,
    ...(post.edit_at ? { editedAt: post.edit_at } : {}),
    reactions: (post.reactions ?? []).map(({ user, emoji_name: name, create_at: at }) => ({
      ...{ key: reactionKeyOf(name), user: room.user(user) },
      ...(at && { at }),
    })),
    // The export does not say who has pinned it, and when.
    ...(post.is_pinned && { pinned: { at: time, by: sender } }),
  };
  collection.message(conversation, draft, order);
  return id;
}

/** Posts have no ids there: time and author tell them apart, and a number those of one millisecond. */
function unusedId({ collection, conversation, ids }: MattermostRoom, name: string): string {
  const used = collection.conversations.get(conversation)?.messages;
  for (let count = 1; ; count++) {
    const id = ids.ofMessage(count === 1 ? name : `${name}:${count}`);
    if (!used?.has(id)) return id;
  }
}

function senderOf({ collection, ids, user }: MattermostRoom, { user: username, props }: Reply): string {
  const name = props?.override_username;
  if (!name) return user(username);
  const originId = `hook/${name}`;
  return (
    collection.idOf(originId) ??
    collection.person({ originId, id: ids.of(originId), names: [name], isBot: true })
  );
}

function textOf({ message, props }: Reply, texts: PostTexts): string {
  const parts = (props?.attachments ?? []).map((attachment) => {
    const read = (one: string) => texts.read(one);
    const { above, inside } = attachmentText(attachment, NO_NAMES, new SlackBlocks(), read);
    return [above, quote([inside])].filter(Boolean).join("\n");
  });
  return [texts.read(message ?? ""), ...parts].filter(Boolean).join("\n");
}

/** A file of the export. @param path as the export names it: in its folder `data/`, or beside its file */
export function fileOf(ids: Ids, folder: string, path: string): FileDraft {
  const relative = path.replaceAll("\\", "/").replace(/^\/+/, "");
  return {
    ...{ id: ids.of(`file/${relative}`), name: posix.basename(relative) },
    paths: [posix.join(folder, "data", relative), posix.join(folder, relative), relative],
  };
}
