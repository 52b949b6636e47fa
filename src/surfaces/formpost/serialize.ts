import { z } from "zod";
import type { ConversationOnRecord } from "../../core/conversations/on-record.ts";
import type { HistoryMessage } from "../../core/messages/full-history.ts";
import type { Person } from "../../domain/accounts/person.ts";
import { Kind } from "../../domain/messages/content.ts";
import { SUCCESS } from "./envelope.ts";

/** A conversation of a list; a private one is called after the other one. */
export function serializeConversation({ id, profile, preferences, peer, disabled }: ConversationOnRecord) {
  const { pinned: sticked, silent, validation } = preferences;
  const directFlags = { is_Private: peer !== null, silent, sticked, disabled, validation };
  if (!peer) return { id, name: profile.name, avatar: profile.avatar, ...directFlags };
  const { id: friend_id, username: friend_name, avatar: friend_avatar } = peer;
  return { id, friend_id, friend_name, friend_avatar, ...directFlags };
}

/** The answer of a query, part by part: JSON text. */
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

/** A message, with those which it forwards. */
function serializeMessage(message: HistoryMessage): object {
  const { conversationId, seq, sender, kind, createdAt, quote, mentions, forwarded, origin } = message;
  const content = JSON.parse(message.body);
  const written = {
    conversation_id: conversationId,
    seq,
    sender,
    kind,
    body: content,
    created_at: createdAt,
  };
  const own = { quote_with: quote?.seq ?? -1, mentioned_members: mentions };
  if (!forwarded || !origin) return { ...serializeSnapshot(written), ...own };
  // What it forwards says the same; when that was, forwards of old do not know.
  const first = serializeSnapshot({
    ...written,
    ...{ conversation_id: forwarded.conversationId, seq: forwarded.seq, sender: origin },
    created_at: forwarded.createdAt ?? createdAt,
  });
  return { ...serializeSnapshot(written), ...own, is_transmit: true, transmit_with: [first] };
}

const text = z.string().default("");
const Sender = z.object({ id: z.int(), username: z.string(), avatar: z.string() });

/** What is shown of bodies; each kind has some of it. */
const Shown = z.object({ text, name: text, title: text, url: text, items: z.array(z.unknown()).default([]) });

/** A message as a merged one holds it: as it was, with its sender as he is today. */
const Snapshot = z.object({
  ...{ conversation_id: z.int(), seq: z.int(), sender: Sender, kind: Kind },
  ...{ body: z.unknown(), created_at: z.int() },
});

interface Written extends Omit<z.infer<typeof Snapshot>, "sender"> {
  sender: Pick<Person, "username" | "avatar"> & { id: number };
}

function serializeSnapshot({ conversation_id, seq, sender, kind, body, created_at }: Written): object {
  const shown = Shown.parse(body);
  const held = kind === "merged" ? shown.items.map((item) => Snapshot.parse(item)) : [];
  return {
    ...{ conversation_id, msg_id: seq, msg_body: saidBy(kind, shown) },
    ...{ sender_id: sender.id, sender_name: sender.username, sender_avatar: sender.avatar },
    create_time: new Date(created_at).toISOString(),
    ...{ is_image: kind === "image", image_url: kind === "image" ? shown.url : "" },
    ...{ is_file: kind === "file", file_url: WITH_FILE.includes(kind) ? shown.url : "" },
    ...{ is_audio: kind === "audio", is_video: kind === "video" },
    ...{ quote_with: -1, mentioned_members: [] },
    ...{ is_transmit: kind === "merged", transmit_with: held.map(serializeSnapshot) },
  };
}

const WITH_FILE: Kind[] = ["file", "audio", "video"];

/** What a message says in words, by kind; the rest has none here. */
const WORDS: { [K in Kind]?: "text" | "name" | "title" } = {
  ...{ text: "text", image: "name", audio: "name", video: "name", file: "name", merged: "title" },
};

function saidBy(kind: Kind, shown: z.infer<typeof Shown>): string {
  const field = WORDS[kind];
  return field ? shown[field] : "";
}
