import { deletedUser, type Person } from "../accounts/person.ts";
import { CoreError, invalid } from "../errors.ts";
import type { ConversationId, Seq, UserId } from "../ids.ts";
import { LIMITS } from "../limits.ts";
import type { MessageSources } from "../ports.ts";
import type { BodyJson } from "./content.ts";
import { bytesWithProfiles, type FindPerson, mergedBody, mergedTooLarge, sendersIn } from "./merged.ts";
import type { Draft, ForwardDraft, MessageReference, Original, Originals } from "./message.ts";

/**
 * Makes a draft of one whose content is in other messages: what it copies is as the sender sees it now, and
 * no later revoke reaches it. A forward of a forward names the first message.
 * @throws `not_found` for a message that he cannot see, `not_forwardable` for a tip or a revoked one,
 *   `validation_failed` for a merged one over 256 KiB, of more than 1,000 messages, or more than eight deep
 */
export async function resolveForward(
  sources: MessageSources,
  userId: UserId,
  draft: ForwardDraft,
): Promise<Draft> {
  const { copy, ...rest } = draft;
  if (copy.type === "merged") {
    const places = copy.items.map((item, i) => ({ item, path: `body.body.items.${i}` }));
    const { messages, people } = await read(sources, userId, places);
    const body = mergedBody(copy.title, messages);
    return { ...rest, kind: "merged", body, rendered: visibleBody(body, people) };
  }
  const { messages, people } = await read(sources, userId, [{ item: copy.source, path: "body.forward" }]);
  const [message] = messages;
  if (!message) throw new Error("one message was asked for");
  const { kind, body, senderId, conversationId, seq, createdAt } = message;
  return {
    ...rest,
    kind,
    body,
    forwarded: message.forwarded ?? { conversationId, seq, senderId, createdAt },
    ...(kind === "merged" && { rendered: visibleBody(body, people) }),
  };
}

/** The messages in the order asked for: one call for each conversation, one after the other. */
async function read(
  sources: MessageSources,
  userId: UserId,
  places: { item: MessageReference; path: string }[],
): Promise<{ messages: Original[]; people: Map<UserId, Person> }> {
  const found = new Map<string, Original>();
  const people = new Map<UserId, Person>();
  let bytes = 0;
  for (const [id, of] of Map.groupBy(places, ({ item }) => item.conversationId)) {
    const seqs = [...new Set(of.map(({ item }) => item.seq))];
    const originals = await visible(sources, id, userId, seqs);
    for (const person of originals.people) people.set(person.id, person);
    for (const message of originals.messages) {
      found.set(keyOf(message), message);
      bytes += bytesWithProfiles(message.kind, message.body, personOf(people));
    }
    // What cannot fit is not gathered further: it may be much.
    if (bytes > LIMITS.mergedBytes) throw mergedTooLarge();
  }
  const messages = places.map(({ item, path }) => {
    const message = found.get(keyOf(item));
    if (!message) throw noSource(item, path);
    if (message.revoked || message.kind === "tip") throw notForwardable(message, path);
    return message;
  });
  return { messages, people };
}

/** Who is not in a conversation sees nothing of it, and is not told that it is there. */
async function visible(
  sources: MessageSources,
  id: ConversationId,
  userId: UserId,
  seqs: Seq[],
): Promise<Originals> {
  try {
    return await sources.messages(id, { userId, seqs });
  } catch (error) {
    if (error instanceof CoreError && error.code === "not_found") return { messages: [], people: [] };
    throw error;
  }
}

/**
 * What a merged message is besides its stored body, as its first readers see it.
 * @throws `validation_failed` for more than it may hold
 */
function visibleBody(body: BodyJson, people: Map<UserId, Person>): NonNullable<Draft["rendered"]> {
  const senders = sendersIn("merged", body);
  if (senders.length > LIMITS.mergedSnapshots) {
    const most = `at most ${LIMITS.mergedSnapshots} messages, with those in each other`;
    throw invalid("body", `what is merged may hold ${most}`);
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
  const what = `message ${seq} of conversation ${conversationId}`;
  const detail = `${path}: there is no ${what}, or you cannot see it.`;
  return new CoreError("not_found", detail, { missing: "message" });
}

function notForwardable({ kind, seq }: Original, path: string): CoreError {
  const what = kind === "tip" ? "a notice of the server" : "revoked";
  const message = `message ${seq} is ${what} and cannot be forwarded`;
  return new CoreError("not_forwardable", `${path}: ${message}`, { errors: [{ path, message }] });
}
