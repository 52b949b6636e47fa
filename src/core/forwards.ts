import { z } from "zod";
import { type BodyJson, Kind } from "./content.ts";
import { CoreError, invalid } from "./errors.ts";
import type { ConversationId, Seq, UserId } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import type { CopyDraft, Draft, Message, Reference } from "./message.ts";
import type { MessageSources } from "./ports.ts";
import { exceedsBytes } from "./text.ts";

/**
 * Makes a draft of one whose content is in other messages: what it copies is as the sender sees it now, and
 * no later revoke reaches it. A forward of a forward names the first message.
 * @throws `not_found` for a message that he cannot see, `not_forwardable` for a tip or a revoked one,
 *   `validation_failed` for a merged one over 256 KiB or more than eight deep
 */
export async function copied(sources: MessageSources, userId: UserId, draft: CopyDraft): Promise<Draft> {
  const { copy, ...rest } = draft;
  if (copy.type === "merged") {
    const places = copy.items.map((item, i) => ({ item, path: `body.body.items.${i}` }));
    const messages = await read(sources, userId, places);
    return { ...rest, kind: "merged", body: mergedBody(copy.title, messages) };
  }
  const [message] = await read(sources, userId, [{ item: copy.source, path: "body.forward" }]);
  if (!message) throw new Error("one message was asked for");
  const { kind, body, sender, conversationId, seq } = message;
  return {
    ...rest,
    kind,
    body,
    forwarded: message.forwarded ?? { conversationId, seq, senderId: sender.id },
  };
}

/** Why messages do not fit into a merged one. */
export function mergedTooLarge(): CoreError {
  return invalid("body.body.items", `must be at most ${LIMITS.mergedBytes} bytes as JSON, all together`);
}

/** The messages in the order asked for: one call for each conversation, one after the other. */
async function read(
  sources: MessageSources,
  userId: UserId,
  places: { item: Reference; path: string }[],
): Promise<Message[]> {
  const found = new Map<string, Message>();
  let length = 0;
  for (const [id, of] of Map.groupBy(places, ({ item }) => item.conversationId)) {
    const seqs = [...new Set(of.map(({ item }) => item.seq))];
    for (const message of await visible(sources, id, userId, seqs)) {
      found.set(keyOf(message), message);
      length += message.body.length;
    }
    // What cannot fit is not gathered further: it may be much.
    if (length > LIMITS.mergedBytes) throw mergedTooLarge();
  }
  return places.map(({ item, path }) => {
    const message = found.get(keyOf(item));
    if (!message) throw noSource(item, path);
    if (message.revoked || message.kind === "tip") throw notForwardable(message, path);
    return message;
  });
}

/** Who is not in a conversation sees nothing of it, and is not told that it is there. */
async function visible(
  sources: MessageSources,
  id: ConversationId,
  userId: UserId,
  seqs: Seq[],
): Promise<Message[]> {
  try {
    return await sources.messages(id, { userId, seqs });
  } catch (error) {
    if (error instanceof CoreError && error.code === "not_found") return [];
    throw error;
  }
}

/** Snapshots of messages as JSON; their bodies are put in as they are stored. */
function mergedBody(title: string, messages: Message[]): BodyJson {
  const items = messages.map(({ conversationId, seq, sender, kind, body, createdAt }) => {
    const { id, username, nickname, avatar } = sender;
    const shown = { id, username, nickname, avatar };
    const rest = { conversation_id: conversationId, seq, sender: shown, kind, created_at: createdAt };
    return `${JSON.stringify(rest).slice(0, -1)},"body":${body}}`;
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

const Merged = z.object({ items: z.array(z.object({ kind: Kind, body: z.unknown() })) });

/** How many merged messages are in each other; clients parse JSON of so many levels. */
function depthOf(body: unknown): number {
  const inner = Merged.parse(body).items.filter(({ kind }) => kind === "merged");
  return 1 + Math.max(0, ...inner.map((item) => depthOf(item.body)));
}

function keyOf({ conversationId, seq }: Reference): string {
  return `${conversationId}-${seq}`;
}

function noSource({ conversationId, seq }: Reference, path: string): CoreError {
  const what = `message ${seq} of conversation ${conversationId}`;
  return new CoreError("not_found", `${path}: there is no ${what}, or you cannot see it.`);
}

function notForwardable({ kind, seq }: Message, path: string): CoreError {
  const what = kind === "tip" ? "a notice of the server" : "revoked";
  const message = `message ${seq} is ${what} and cannot be forwarded`;
  return new CoreError("not_forwardable", `${path}: ${message}`, { errors: [{ path, message }] });
}
