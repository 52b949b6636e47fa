import { z } from "zod";
import type { Person } from "../../../domain/accounts/person.ts";
import type { BotPlace } from "../../../domain/bots/bot-update.ts";
import type { UserId } from "../../../domain/ids.ts";
import { readTip, type SystemMessage } from "../../../domain/messages/content.ts";
import type { Forwarded, Message, Quote } from "../../../domain/messages/message.ts";
import { closedAt, type Poll } from "../../../domain/messages/polls.ts";
import { keyboardOf } from "../keyboard.ts";
import type { Entity } from "../text/entities.ts";
import { toShown } from "../text/shown.ts";
import { MediaBody, serializeFile } from "./files.ts";
import { knownUser, serializeChat, serializeUser } from "./users.ts";

const TextBody = z.object({ text: z.string() });
const Texts = z.object({ description: z.string().optional(), title: z.string().optional() });
const LocationBody = z.object({ latitude: z.number(), longitude: z.number() });

/** A time of this API: seconds since 1970. */
export const seconds = (ms: number): number => Math.floor(ms / 1_000);

/** A message as this API shows it to a bot. */
export function serializeMessage(message: Message, place: BotPlace) {
  const { seq, sender, createdAt, editedAt, quote, forwarded, thread } = message;
  return {
    ...{ message_id: seq, from: serializeUser(sender), chat: serializeChat(place), date: seconds(createdAt) },
    ...(thread && { message_thread_id: thread.root, is_topic_message: true }),
    ...(editedAt !== undefined && { edit_date: seconds(editedAt) }),
    ...(quote && { reply_to_message: serializeQuote(quote, place) }),
    ...(forwarded && originOf(forwarded, place)),
    ...contentOf(message, place),
    ...(message.buttons && { reply_markup: keyboardOf(message.buttons) }),
  };
}

function serializeQuote({ seq, sender, senderName, preview, createdAt }: Quote, place: BotPlace) {
  const isBot = sender.id === place.self.id || senderName !== undefined;
  const from = serializeUser({
    ...sender,
    ...(senderName && { nickname: senderName }),
    ...(isBot && { bot: true }),
  });
  return {
    ...{ message_id: seq, from },
    ...{ chat: serializeChat(place), date: seconds(createdAt) },
    ...(preview !== "" && { text: preview }),
  };
}

function originOf({ senderId, createdAt }: Forwarded, place: BotPlace) {
  const sender_user = knownUser(senderId, place);
  return { forward_origin: { type: "user", date: seconds(createdAt), sender_user } };
}

function contentOf(message: Message, place: BotPlace): object {
  const { kind, body, poll, revoked } = message;
  if (revoked) return {};
  if (poll) return { poll: serializePoll(message, poll) };
  const stored: unknown = JSON.parse(body);
  switch (kind) {
    case "text":
      return textOf(TextBody.parse(stored).text, mentionedIn(message, place));
    case "image":
    case "audio":
    case "video":
    case "file":
      return mediumOf(kind, MediaBody.parse(stored), mentionedIn(message, place));
    case "location": {
      const { latitude, longitude } = LocationBody.parse(stored);
      return { location: { latitude, longitude } };
    }
    case "tip":
      return noticeOf(message, place);
    case "custom":
    case "merged":
    case "face": {
      const { description, title } = Texts.parse(stored);
      return textOf(description || title || kind);
    }
  }
}

/** @param mentioned whom the message mentions */
function textOf(written: string, mentioned: readonly Person[] = []) {
  const { text, entities } = toShown(written, mentioned);
  const withUser = ({ user, ...entity }: Entity) => {
    const person = user && mentioned.find(({ id }) => id === user.id);
    return { ...entity, ...(person && { user: serializeUser(person) }) };
  };
  return { text, ...(entities.length > 0 && { entities: entities.map(withUser) }) };
}

function mentionedIn({ mentions }: Message, { people = [], peer }: BotPlace): Person[] {
  if (mentions === "all") return [];
  return [...people, ...(peer ? [peer] : [])].filter(({ id }) => mentions.includes(id));
}

/** Types of recordings that nobody has just spoken: this API tells them from voice messages. */
const MUSIC = /^audio\/(?:mpeg|mp3|flac|x-flac|wav|x-wav|x-m4a|m4a)\b/i;
const MUSIC_NAME = /\.(?:mp3|flac|wav|m4a)$/i;

function isMusic({ content_type, name, url }: MediaBody): boolean {
  if (content_type !== undefined) return MUSIC.test(content_type);
  return MUSIC_NAME.test(name ?? URL.parse(url)?.pathname ?? "");
}

function mediumOf(
  kind: "image" | "audio" | "video" | "file",
  body: MediaBody,
  mentioned: readonly Person[],
): object {
  const file = serializeFile(body);
  const { width = 0, height = 0, duration_ms = 0, content_type, name, caption } = body;
  const type = content_type === undefined ? {} : { mime_type: content_type };
  const named = name === undefined ? {} : { file_name: name };
  const duration = Math.round(duration_ms / 1_000);
  const fields = {
    image: { photo: [{ ...file, width, height }] },
    audio: isMusic(body)
      ? { audio: { ...file, duration, ...type, ...named } }
      : { voice: { ...file, duration, ...type } },
    video: { video: { ...file, width, height, duration, ...type, ...named } },
    file: { document: { ...file, ...type, ...named } },
  };
  if (!caption) return fields[kind];
  const { text, entities: caption_entities } = textOf(caption, mentioned);
  return { ...fields[kind], caption: text, ...(caption_entities && { caption_entities }) };
}

/** A poll, with the votes as they are now. */
export function serializePoll({ conversationId, seq }: Message, { body, tally }: Poll) {
  const counts = tally?.counts ?? [];
  const ended = body && tally ? closedAt(body, tally, Date.now()) : 0;
  return {
    ...{ id: `${conversationId}-${seq}`, question: body?.question ?? "" },
    options: (body?.options ?? []).map((text, i) => ({
      ...{ persistent_id: String(i), text, voter_count: counts[i] ?? 0 },
    })),
    ...{ total_voter_count: tally?.voters ?? 0, is_closed: ended > 0, type: "regular" },
    ...{ is_anonymous: body?.anonymous ?? true, allows_multiple_answers: body?.multiple ?? false },
    // Who has voted may vote otherwise, and whoever sees a poll may vote.
    ...{ allows_revoting: true, members_only: false },
    ...(body && body.ends_at > 0 && { close_date: seconds(body.ends_at) }),
  };
}

/** A message by nobody: of a team's backend, or what became of a group. */
function noticeOf(message: Message, place: BotPlace): object {
  const tip = readTip(message.body);
  if ("notice" in tip) return textOf(tip.notice.text);
  return eventOf(tip, message, place);
}

/** What became of a group; nothing where this API has no word for it. */
function eventOf(tip: SystemMessage, { sender, systemMessage }: Message, place: BotPlace): object {
  const userOf = (id: UserId) => (id === sender.id ? serializeUser(sender) : knownUser(id, place));
  switch (tip.event) {
    case "joined":
      return { new_chat_members: tip.user_ids.map(userOf) };
    case "left":
    case "removed": {
      const [first = sender.id] = tip.user_ids;
      return { left_chat_member: userOf(first) };
    }
    case "pinned":
      return tip.seq === undefined
        ? {}
        : { pinned_message: { message_id: tip.seq, chat: serializeChat(place), date: 0 } };
    case "profile": {
      const name = systemMessage?.profile?.name;
      return name === undefined ? {} : { new_chat_title: name };
    }
    default:
      return {};
  }
}

/** Whether a message says something that this API has words for. */
export function isShown(message: Message, place: BotPlace): boolean {
  return message.kind !== "tip" || Object.keys(noticeOf(message, place)).length > 0;
}

/** The role that a message gives to a user; null: it gives them none. */
export function newRoleOf(
  { kind, body, revoked, systemMessage }: Message,
  user: UserId,
): "admin" | "member" | null {
  if (kind !== "tip" || revoked) return null;
  const tip = readTip(body);
  const isMeant = !("notice" in tip) && tip.event === "role" && tip.user_ids.includes(user);
  return isMeant ? (systemMessage?.role ?? null) : null;
}
