import { deletedUser, type Person } from "../../accounts/person.ts";
import { CoreError, invalid, isNotFound } from "../../errors.ts";
import type { ConversationId, Seq, UserId } from "../../ids.ts";
import { LIMITS } from "../../limits.ts";
import type { MessageSources } from "../../ports.ts";
import type { BodyJson } from "../content.ts";
import type { Draft, ForwardDraft, MessageReference, Original, Originals } from "../message.ts";
import { bytesWithProfiles, type FindPerson, mergedBody, mergedTooLarge, sendersIn } from "./merged.ts";

/**
 * Resolves a forward draft to a draft with content. It copies the originals as the sender sees them now;
 * later revokes of the originals do not reach the copy. A forward of a forward references the first message.
 * @throws `not_found` for a message that the sender cannot see, `not_forwardable` for a system message or a
 *   revoked message, `validation_failed` for a merged message over 256 KiB, of more than 1,000 messages, or
 *   nested more than 8 deep
 */
export async function resolveForward(
  sources: MessageSources,
  userId: UserId,
  draft: ForwardDraft,
): Promise<Draft> {
  const { copy, ...envelope } = draft;
  if (copy.type === "merged") {
    const references = copy.items.map((item, i) => ({ item, path: `body.body.items.${i}` }));
    const { messages, people } = await readOriginals(sources, userId, references);
    const body = mergedBody(copy.title, messages);
    return { ...envelope, kind: "merged", body, rendered: renderedSize(body, people) };
  }
  const reference = { item: copy.source, path: "body.forward" };
  const { messages, people } = await readOriginals(sources, userId, [reference]);
  const [message] = messages;
  if (!message) throw new Error("a read of one reference returned no message");
  const { kind, body, poll, place, senderId, conversationId, seq, createdAt } = message;
  return {
    ...envelope,
    kind,
    body,
    place,
    poll,
    forwarded: message.forwarded ?? { conversationId, seq, senderId, createdAt },
    ...(kind === "merged" && { rendered: renderedSize(body, people) }),
  };
}

/** Reads the originals in the order of `references`: one call for each conversation, one after the other. */
async function readOriginals(
  sources: MessageSources,
  userId: UserId,
  references: { item: MessageReference; path: string }[],
): Promise<{ messages: Original[]; people: Map<UserId, Person> }> {
  const found = new Map<string, Original>();
  const people = new Map<UserId, Person>();
  let bytes = 0;
  for (const [id, group] of Map.groupBy(references, ({ item }) => item.conversationId)) {
    const seqs = [...new Set(group.map(({ item }) => item.seq))];
    const originals = await visibleOriginals(sources, id, userId, seqs);
    for (const person of originals.people) people.set(person.id, person);
    for (const message of originals.messages) {
      found.set(keyOf(message), message);
      bytes += bytesWithProfiles(message.kind, message.body, personOf(people));
    }
    // Stop at the limit: the originals of all conversations together could take much memory.
    if (bytes > LIMITS.mergedBytes) throw mergedTooLarge();
  }
  const messages = references.map(({ item, path }) => {
    const message = found.get(keyOf(item));
    if (!message) throw noSource(item, path);
    if (message.revoked || message.kind === "tip") throw notForwardable(message, path);
    return message;
  });
  return { messages, people };
}

/**
 * The originals that the user can see. A non-member gets none, and cannot distinguish an existing
 * conversation.
 */
async function visibleOriginals(
  sources: MessageSources,
  id: ConversationId,
  userId: UserId,
  seqs: Seq[],
): Promise<Originals> {
  try {
    return await sources.messages(id, { userId, seqs });
  } catch (error) {
    if (isNotFound(error)) return { messages: [], people: [] };
    throw error;
  }
}

/**
 * The profiles and the size of a merged message as its first readers see it.
 * @throws `validation_failed` if it holds more messages or bytes than a merged message may
 */
function renderedSize(body: BodyJson, people: Map<UserId, Person>): NonNullable<Draft["rendered"]> {
  const senders = sendersIn("merged", body);
  if (senders.length > LIMITS.mergedSnapshots) {
    const message = `what is merged may hold at most ${LIMITS.mergedSnapshots} messages, with those in each other`;
    throw invalid("body", message);
  }
  const bytes = bytesWithProfiles("merged", body, personOf(people));
  if (bytes > LIMITS.mergedBytes) throw mergedTooLarge();
  return { people: [...new Set(senders)].flatMap((id) => people.get(id) ?? []), bytes };
}

function personOf(people: Map<UserId, Person>): FindPerson {
  return (id) => people.get(id) ?? deletedUser(id);
}

function keyOf({ conversationId, seq }: MessageReference): string {
  return `${conversationId}-${seq}`;
}

function noSource({ conversationId, seq }: MessageReference, path: string): CoreError {
  const description = `message ${seq} of conversation ${conversationId}`;
  const detail = `${path}: there is no ${description}, or you cannot see it.`;
  return new CoreError("not_found", detail, { missing: "message" });
}

function notForwardable({ kind, seq }: Original, path: string): CoreError {
  const reason = kind === "tip" ? "a notice of the server" : "revoked";
  const message = `message ${seq} is ${reason} and cannot be forwarded`;
  return new CoreError("not_forwardable", `${path}: ${message}`, { errors: [{ path, message }] });
}
