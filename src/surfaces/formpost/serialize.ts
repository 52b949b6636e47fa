import { z } from "zod";
import type { Person } from "../../domain/accounts/person.ts";
import { NOBODY } from "../../domain/ids.ts";
import { Kind } from "../../domain/messages/content.ts";
import { isoTime } from "../../lib/stored-time.ts";
import { SUCCESS } from "./envelope.ts";
import type { HistoryMessage } from "./use-cases/full-history.ts";
import type { ConversationOnRecord } from "./use-cases/on-record.ts";

/** A conversation in a list. A direct one has the profile of the other user instead of a name. */
export function serializeConversation({
  id,
  profile,
  title,
  preferences,
  peer,
  disabled,
}: ConversationOnRecord) {
  const { pinned: sticked, silent, validation } = preferences;
  const common = { is_Private: peer !== null, silent, sticked, disabled, validation };
  if (!peer) return { id, name: title, avatar: profile.avatar, ...common };
  const { id: friend_id, username: friend_name, avatar: friend_avatar } = peer;
  return { id, friend_id, friend_name, friend_avatar, ...common };
}

/** The answer of a query as pieces of JSON text. */
export async function* messagesJson(parts: AsyncIterable<HistoryMessage[]>): AsyncGenerator<string> {
  yield `${JSON.stringify(SUCCESS).slice(0, -1)},"messages":[`;
  let separator = "";
  for await (const part of parts) {
    if (part.length === 0) continue;
    yield separator + part.map((message) => JSON.stringify(serializeMessage(message))).join(",");
    separator = ",";
  }
  yield "]}";
}

/** A message, with the messages that it forwards. */
function serializeMessage(message: HistoryMessage): object {
  const { conversationId, seq, sender, kind, createdAt, quote, rootQuote, mentions, forwarded, origin } =
    message;
  const content = JSON.parse(message.body);
  const snapshot = {
    conversation_id: conversationId,
    seq,
    sender,
    kind,
    body: content,
    created_at: createdAt,
  };
  const replyFields = { quote_with: (quote ?? rootQuote)?.seq ?? -1, mentioned_members: mentions };
  if (!forwarded || !origin) return { ...serializeSnapshot(snapshot), ...replyFields };
  // A forward has the content of its original. Old forwards do not store the time of the original.
  const original = serializeSnapshot({
    ...snapshot,
    ...{ conversation_id: forwarded.conversationId, seq: forwarded.seq, sender: origin },
    created_at: forwarded.createdAt,
  });
  return { ...serializeSnapshot(snapshot), ...replyFields, is_transmit: true, transmit_with: [original] };
}

const text = z.string().default("");
const Sender = z.object({ id: z.int(), username: z.string(), nickname: text, avatar: z.string() });

/** The fields of bodies that this API shows; each kind has some of them. */
const ShownFields = z.object({
  text,
  caption: text,
  name: text,
  title: text,
  url: text,
  items: z.array(z.unknown()).default([]),
});

/** A message inside a merged message: its content then, with the current profile of its sender. */
const Snapshot = z.object({
  ...{ conversation_id: z.int(), seq: z.int(), sender: Sender, kind: Kind },
  ...{ body: z.unknown(), created_at: z.int() },
});

/** A message or snapshot to be written. */
interface SerializableMessage extends Omit<z.infer<typeof Snapshot>, "sender"> {
  sender: Pick<Person, "username" | "nickname" | "avatar"> & { id: number };
}

function serializeSnapshot({
  conversation_id,
  seq,
  sender,
  kind,
  body,
  created_at,
}: SerializableMessage): object {
  const fields = ShownFields.parse(body);
  const items = kind === "merged" ? fields.items.map((item) => Snapshot.parse(item)) : [];
  return {
    ...{ conversation_id, msg_id: seq, msg_body: textOf(kind, fields) },
    // An incoming hook has no account, and so no username of its own.
    ...{ sender_id: sender.id, sender_name: sender.id === NOBODY ? sender.nickname : sender.username },
    sender_avatar: sender.avatar,
    create_time: isoTime(created_at),
    ...{ is_image: kind === "image", image_url: kind === "image" ? fields.url : "" },
    ...{ is_file: kind === "file", file_url: FILE_KINDS.includes(kind) ? fields.url : "" },
    ...{ is_audio: kind === "audio", is_video: kind === "video" },
    ...{ quote_with: -1, mentioned_members: [] },
    ...{ is_transmit: kind === "merged", transmit_with: items.map(serializeSnapshot) },
  };
}

const FILE_KINDS: Kind[] = ["file", "audio", "video"];

/** The caption of a medium, else the name of its file. */
const OF_MEDIA = ["caption", "name"] as const;

/**
 * The body fields of which the first that is not empty becomes `msg_body`, by kind; other kinds have an empty
 * `msg_body`.
 */
const TEXT_FIELDS: { [K in Kind]?: readonly ("text" | "caption" | "name" | "title")[] } = {
  ...{ text: ["text"], image: OF_MEDIA, audio: OF_MEDIA, video: OF_MEDIA, file: OF_MEDIA, merged: ["title"] },
};

function textOf(kind: Kind, fields: z.infer<typeof ShownFields>): string {
  const field = TEXT_FIELDS[kind]?.find((name) => fields[name] !== "");
  return field ? fields[field] : "";
}
