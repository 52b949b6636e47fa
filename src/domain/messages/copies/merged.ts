import { z } from "zod";
import type { Person } from "../../accounts/person.ts";
import { invalid } from "../../errors.ts";
import { ConversationId, NOBODY, SenderId, type UserId } from "../../ids.ts";
import { LIMITS } from "../../limits.ts";
import { bytesOf, exceedsBytes } from "../../text.ts";
import { type BodyJson, Kind } from "../content.ts";
import type { Original } from "../message.ts";

/** Looks up a profile: the current one, or that of a deleted user. */
export type FindPerson = (id: UserId) => Person;

/** A string in JSON. */
const TEXT = String.raw`"(?:[^"\\]|\\.)*"`;

/**
 * The sender of a snapshot in stored JSON. An incoming hook, which has no account, has its name and avatar
 * there. JSON escapes quotes inside strings, so no user's text matches it, and no kind of body has a field of
 * this name.
 */
const SENDER = new RegExp(`"sender_id":(\\d+)(?:,"sender_name":(${TEXT}),"sender_avatar":(${TEXT}))?`, "g");

/** The same of the conversation: the field before it and behind it are of every snapshot. */
const CONVERSATION = /{"conversation_id":(\d+),"seq":/g;

/**
 * The body of a merged message as it is stored: snapshots hold the ids of their senders, no profiles.
 * @throws `validation_failed` over `LIMITS.mergedBytes` or `LIMITS.mergedDepth`
 */
export function mergedBody(title: string, messages: Original[]): BodyJson {
  const items = messages.map(({ conversationId, seq, senderId, hook, kind, body, createdAt }) => {
    const shown = hook && { sender_name: hook.nickname, sender_avatar: hook.avatar };
    const sender = { sender_id: senderId, ...shown };
    const head = { conversation_id: conversationId, seq, ...sender, kind, created_at: createdAt };
    return `${JSON.stringify(head).slice(0, -1)},"body":${body}}`;
  });
  const json = `${JSON.stringify({ title }).slice(0, -1)},"items":[${items.join(",")}]}`;
  if (exceedsBytes(json, LIMITS.mergedBytes)) throw mergedTooLarge();
  if (depthOf(JSON.parse(json)) > LIMITS.mergedDepth) {
    throw invalid(
      "body.body.items",
      `merged messages may hold each other ${LIMITS.mergedDepth} deep at most`,
    );
  }
  return json;
}

/** The senders of all snapshots in a stored body, nested ones included: one entry for each snapshot. */
export function sendersIn(kind: Kind, body: BodyJson): UserId[] {
  if (kind !== "merged") return [];
  return Array.from(body.matchAll(SENDER), ([, id]) => SenderId.parse(Number(id)));
}

/** The conversations of all snapshots in a stored body: one entry for each snapshot. */
export function conversationsIn(kind: Kind, body: BodyJson): ConversationId[] {
  if (kind !== "merged") return [];
  return Array.from(body.matchAll(CONVERSATION), ([, id]) => ConversationId.parse(Number(id)));
}

/**
 * A stored body as readers get it: each snapshot has its sender's profile. If profiles make the body larger
 * than a page, they have no avatars. Only avatars of thousands of bytes can cause it, and a larger message
 * would be more than a client, or this object, can hold.
 */
export function bodyWithProfiles(kind: Kind, body: BodyJson, personOf: FindPerson): BodyJson {
  if (kind !== "merged") return body;
  const isTooMuch = filledBytes(body, personOf) > LIMITS.pageBytes;
  return filled(body, isTooMuch ? (id) => ({ ...personOf(id), avatar: "" }) : personOf);
}

/** The size of the result of `bodyWithProfiles` in bytes, or an upper bound of it. */
export function bytesWithProfiles(kind: Kind, body: BodyJson, personOf: FindPerson): number {
  return kind === "merged" ? Math.min(filledBytes(body, personOf), LIMITS.pageBytes) : bytesOf(body);
}

/** The `validation_failed` for messages that exceed the size of a merged message. */
export function mergedTooLarge() {
  return invalid("body", `what is merged must be at most ${LIMITS.mergedBytes} bytes as JSON, all together`);
}

function filled(body: BodyJson, personOf: FindPerson): BodyJson {
  const senderJson = cachedSenderJson(personOf);
  return body.replace(SENDER, (_, id: string, name?: string, avatar?: string) =>
    senderJson(id, name, avatar),
  );
}

function filledBytes(body: BodyJson, personOf: FindPerson): number {
  const senderJson = cachedSenderJson(personOf);
  let bytes = bytesOf(body);
  for (const [stored, id = "", name, avatar] of body.matchAll(SENDER))
    bytes += bytesOf(senderJson(id, name, avatar)) - bytesOf(stored);
  return bytes;
}

/**
 * Makes the JSON of a snapshot's sender from the digits of their id. It is cached by id, as most senders
 * repeat.
 */
function cachedSenderJson(
  personOf: FindPerson,
): (digits: string, name: string | undefined, avatar: string | undefined) => string {
  const cache = new Map<string, string>();
  return (digits, hookName, hookAvatar) => {
    if (hookName !== undefined && hookAvatar !== undefined)
      return `"sender":{"id":${NOBODY},"username":"","nickname":${hookName},"avatar":${hookAvatar}}`;
    const known = cache.get(digits);
    if (known !== undefined) return known;
    const { id, username, nickname, avatar } = personOf(SenderId.parse(Number(digits)));
    const json = `"sender":${JSON.stringify({ id, username, nickname, avatar })}`;
    cache.set(digits, json);
    return json;
  };
}

const Merged = z.object({ items: z.array(z.object({ kind: Kind, body: z.unknown() })) });

/** The nesting depth of a merged body, itself included. Clients parse JSON of that depth. */
function depthOf(body: unknown): number {
  const nested = Merged.parse(body).items.filter(({ kind }) => kind === "merged");
  return 1 + Math.max(0, ...nested.map((item) => depthOf(item.body)));
}
