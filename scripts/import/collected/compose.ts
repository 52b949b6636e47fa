import type { ExportRecordInput } from "../../../src/domain/data/records.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import { ReactionKey } from "../../../src/domain/messages/reactions.ts";
import { codePoints } from "../../../src/domain/text.ts";
import { contentTypeOf, kindOf } from "../files/media-types.ts";
import { fitting } from "../ids.ts";
import type { Collected, Collection } from "./collection.ts";
import type { FileDraft, MessageDraft, TakenFile } from "./draft.ts";
import { first } from "./names.ts";
import { splitText, storable } from "./split-text.ts";

type MessageInput = Extract<ExportRecordInput, { type: "message" }>["message"];
/** The fields of a message besides its content. */
type Common = Pick<MessageInput, Exclude<keyof MessageInput, "kind" | "body">>;
type Kept = { taken: Exclude<TakenFile, { missing: string }>; draft: FileDraft };

/**
 * The records of one message: a further one for each further file, and for each piece of a long text. They
 * have the ids `x`, `x#2`, `x#3` …
 * @param files its files, in their order
 */
export function composeMessage(
  collection: Collection,
  conversation: string,
  draft: MessageDraft,
  files: readonly TakenFile[],
): MessageInput[] {
  const collected = collection.conversations.get(conversation);
  if (!collected) return [];
  const { leftOut } = collection;
  const { where, thread } = draft;
  if (thread && !thread.alsoInMain && collected.withheld.has(thread.root)) {
    leftOut.add({ reason: "a reply in the thread of a message that few could see", where, what: draft.text });
    return [];
  }
  const kept: Kept[] = [];
  const notes: string[] = [];
  for (const [i, file] of files.entries()) {
    const of = draft.files?.[i];
    if (!of) continue;
    if (!("missing" in file)) kept.push({ taken: file, draft: of });
    else {
      leftOut.add({ reason: file.missing, where, what: of.name });
      notes.push(`[File: ${of.name.replace(/[[\]]/g, "")}]`);
    }
  }
  const common: Common = {
    conversation,
    external_id: draft.id,
    sender: draft.sender,
    created_at: draft.time,
    ...(draft.silent && { silent: true as const }),
    ...(draft.hiddenBy && draft.hiddenBy.length > 0 && { hidden_by: [...new Set(draft.hiddenBy)] }),
    ...threadOf(collection, collected, draft),
  };
  if (draft.revoked) return [{ ...common, revoked: { by: null }, kind: "text", body: {} }];
  const text = storable([draft.text, ...notes].filter(Boolean).join("\n"));
  const edited = draft.editedAt === undefined ? {} : { edited_at: draft.editedAt, version: 2 };
  const contents = contentsOf(text, kept, draft);
  if (splitText(text).length > 1)
    leftOut.add({
      reason: `(split) a text of more than ${LIMITS.textLength.toLocaleString("en")} characters`,
      where,
      what: text,
    });
  if (text === "" && kept.length === 0 && !draft.poll)
    leftOut.add({ reason: "(empty) a message without text and files", where });
  const head = {
    ...quoteOf(collection, collected, draft),
    ...mentionsOf(collection, collected, draft),
    ...reactionsOf(collection, draft),
    ...pinOf(collection, collected, draft),
    ...(draft.metadata && { metadata: draft.metadata }),
    ...(draft.poll && votesOf(draft.poll)),
  };
  return contents.map((content, i) => ({
    ...common,
    ...edited,
    ...(i === 0 ? head : { external_id: fitting(`${draft.id}#${i + 1}`) }),
    ...content,
  }));
}

/** Kind and body, as `ExportedContent` has them. */
type Content = Pick<MessageInput, "kind" | "body">;

function contentsOf(text: string, kept: readonly Kept[], { sender, poll }: MessageDraft): Content[] {
  const texts = (one: string): Content[] =>
    splitText(one).map((piece) => ({ kind: "text", body: { text: piece } }));
  if (sender === null) return splitText(text).map((piece) => ({ kind: "system", body: { text: piece } }));
  const isCaption = kept.length > 0 && codePoints(text) <= LIMITS.caption;
  const media = kept.map((one, i) => mediaOf(one, i === 0 && isCaption ? text : ""));
  const asText = isCaption || (text === "" && poll) ? [] : texts(text);
  return [...(poll ? [{ kind: "poll", body: poll.body }] : []), ...asText, ...media];
}

function mediaOf({ taken, draft }: Kept, caption: string): Content {
  const isLink = "link" in taken;
  const contentType = isLink ? contentTypeOf(draft.name, draft.contentType) : (taken.content_type ?? "");
  const size = isLink ? draft.size : taken.size;
  const body: MessageInput["body"] = isLink ? { url: taken.link } : { file: taken.external_id };
  body.name = first(draft.name, LIMITS.fileName) || "file";
  body.content_type = contentType;
  if (size !== undefined) body.size = size;
  if (draft.width) body.width = Math.round(draft.width);
  if (draft.height) body.height = Math.round(draft.height);
  if (draft.durationMs !== undefined) body.duration_ms = Math.round(draft.durationMs);
  if (caption !== "") body.caption = caption;
  return { kind: kindOf(contentType), body };
}

function threadOf(
  { leftOut }: Collection,
  { messages, notices }: Collected,
  draft: MessageDraft,
): Partial<Common> {
  if (!draft.thread) return {};
  const { root, alsoInMain } = draft.thread;
  if (messages.has(root) && !notices.has(root)) return { thread: { root, also_in_main: alsoInMain } };
  leftOut.add({
    reason: "(in the main stream) a reply in a thread whose first message is missing",
    where: draft.where,
  });
  return {};
}

function quoteOf({ leftOut }: Collection, { messages }: Collected, draft: MessageDraft): Partial<Common> {
  if (draft.replyTo === undefined || draft.replyTo === draft.id) return {};
  if (messages.has(draft.replyTo)) return { reply_to: draft.replyTo };
  leftOut.add({ reason: "a quote of a message that is not in the export", where: draft.where });
  return {};
}

function mentionsOf({ leftOut }: Collection, { members }: Collected, draft: MessageDraft): Partial<Common> {
  const named = [...new Set(draft.mentions)];
  const inside = named.filter((user) => members.has(user));
  leftOut.add(
    { reason: "(name stays) a mention of somebody who is not in the conversation", where: draft.where },
    named.length - inside.length,
  );
  const users = inside.slice(0, LIMITS.mentions);
  leftOut.add(
    { reason: `(name stays) a mention beyond ${LIMITS.mentions} of a message`, where: draft.where },
    inside.length - users.length,
  );
  if (draft.mentionsAll) return { mentions: "all", ...(users.length > 0 && { also_mentions: users }) };
  return users.length > 0 ? { mentions: users } : {};
}

function reactionsOf({ leftOut }: Collection, draft: MessageDraft): Partial<Common> {
  const { where, time } = draft;
  const reactions: NonNullable<Common["reactions"]> = [];
  const seen = new Set<string>();
  const keys = new Set<string>();
  for (const { key, user, at } of draft.reactions ?? []) {
    const parsed = ReactionKey.safeParse(key);
    if (!parsed.success) {
      leftOut.add({ reason: "a reaction with a sign that is no emoji and no name", where, what: key });
      continue;
    }
    if (!keys.has(parsed.data) && keys.size === LIMITS.reactionKeys) {
      leftOut.add({
        reason: `a reaction beyond ${LIMITS.reactionKeys} kinds at a message`,
        where,
        what: key,
      });
      continue;
    }
    keys.add(parsed.data);
    const pair = JSON.stringify([parsed.data, user]);
    if (!seen.has(pair)) reactions.push({ key: parsed.data, user, at: at ?? time });
    seen.add(pair);
  }
  return reactions.length > 0 ? { reactions } : {};
}

function pinOf({ leftOut }: Collection, { pins }: Collected, draft: MessageDraft): Partial<Common> {
  if (!draft.pinned) return {};
  const oldest = pins.toSorted((a, b) => b - a)[LIMITS.pins - 1] ?? 0;
  if (draft.pinned.at >= oldest) return { pinned: draft.pinned };
  leftOut.add({ reason: `a pin beyond the newest ${LIMITS.pins} of a conversation`, where: draft.where });
  return {};
}

function votesOf({ votes, closedAt }: NonNullable<MessageDraft["poll"]>): Partial<Common> {
  return {
    ...(votes.length > 0 && { votes }),
    ...(closedAt !== undefined && { closed_at: closedAt }),
  };
}
