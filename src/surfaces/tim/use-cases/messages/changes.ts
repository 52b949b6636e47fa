import { z } from "zod";
import { loadProfiles, type ProfileLookup } from "../../../../core/accounts/profile-lookup.ts";
import type { Core } from "../../../../core/context.ts";
import { listReactors } from "../../../../core/messages/marks.ts";
import type { Person } from "../../../../domain/accounts/person.ts";
import { readCursor, writeCursor } from "../../../../domain/conversations/pagination.ts";
import { atPath, excess, invalid } from "../../../../domain/errors.ts";
import type { UserId } from "../../../../domain/ids.ts";
import { LIMITS } from "../../../../domain/limits.ts";
import type { BodyJson } from "../../../../domain/messages/content.ts";
import { editedBody } from "../../../../domain/messages/edit.ts";
import { KMARKDOWN, type Message, type MessageReference } from "../../../../domain/messages/message.ts";
import type { ReactionKey } from "../../../../domain/messages/reactions.ts";
import { exceedsBytes } from "../../../../domain/text.ts";
import {
  inConversation,
  type MessagesOfOne,
  messageById,
  messagesById,
  type ShownMessages,
  withProfiles,
} from "./by-id.ts";

/**
 * What a caller wants a message to say. `version`: the one that they have seen, as `changesOf`; absent: any.
 */
export interface Modification {
  version?: number | undefined;
  /** undefined: unchanged */
  customDataOf(message: Message): string | undefined;
  /** makes the new body from the message as it is; undefined: unchanged */
  bodyOf(message: Message): BodyJson | undefined;
}

/** How often a message has changed, its content or its custom data: what the SDK calls its version. */
export function changesOf({
  version,
  customVersion = 0,
}: Pick<Message, "version" | "customVersion">): number {
  return version - 1 + customVersion;
}

/**
 * Gives a message of the caller other content, or any message other custom data.
 * @returns the message as it is now; `isConflict`: it has another version, and was not changed
 * @throws as `messageById`, `forbidden`, `muted`, `blocked`, `too_late`, `validation_failed` for a kind that
 *   nobody can edit
 */
export async function modify(
  core: Core,
  caller: UserId,
  place: MessageReference,
  { version, customDataOf, bodyOf }: Modification,
): Promise<ShownMessages & { isConflict: boolean }> {
  const found = await messageById(core, caller, place);
  const { context, message: before } = found;
  const { type, message } = await atPath(context.kind, async () => {
    const body = newBody(before, bodyOf(before));
    const customData = customDataOf(before);
    if (customData !== undefined) requireFree(before, customData);
    if (body === undefined && customData === undefined)
      return { type: "unchanged" as const, message: before };
    // A version that no message has: the change is a conflict, unless the message says the same already.
    const isOld = version !== undefined && version !== changesOf(before);
    const { version: baseVersion, customVersion = 0 } = isOld ? NO_VERSION : before;
    return core.conversations.editMessage(place.conversationId, {
      ...{ userId: caller, seq: place.seq },
      ...(body !== undefined && { body, baseVersion }),
      ...(customData !== undefined && { custom: { data: customData, baseVersion: customVersion } }),
    });
  });
  const shown = await withProfiles(core, { items: [message], context });
  return { ...shown, isConflict: type === "conflict" };
}

const NO_VERSION = { version: 0, customVersion: -1 };

/** The body that a message is to have; undefined: the one that it has. */
function newBody({ kind, body, revoked }: Message, given: BodyJson | undefined): BodyJson | undefined {
  if (given === undefined || revoked) return given;
  return editedBody(kind, body, given) === body ? undefined : given;
}

/** @throws `validation_failed` for too much custom data, and for that by which kook knows its own messages */
function requireFree({ customData: before = "" }: Message, customData: string): void {
  if (exceedsBytes(customData, LIMITS.bodyBytes)) throw excess("customData", LIMITS.bodyBytes);
  if (customData !== before && [customData, before].includes(KMARKDOWN))
    throw invalid("cloudCustomData", "is that by which the API kook knows its messages: it stays as it is");
}

/** Adds a reaction of the caller, or takes it back. Idempotent. @throws as `Reactions.add` */
export async function setReaction(
  core: Core,
  caller: UserId,
  { conversationId, seq }: MessageReference,
  { key, isSet }: { key: ReactionKey; isSet: boolean },
): Promise<void> {
  const input = { userId: caller, seq, key };
  await inConversation(core, caller, conversationId, () =>
    isSet
      ? core.conversations.react(conversationId, input)
      : core.conversations.unreact(conversationId, input),
  );
}

/** The reactions to messages of one conversation, with the profiles of the first users. */
export async function reactionsById(
  core: Core,
  caller: UserId,
  messages: MessagesOfOne,
): Promise<{ items: Message[]; profiles: ProfileLookup }> {
  const { items } = await messagesById(core, caller, messages);
  const users = items.flatMap(({ reactions = [] }) => reactions.flatMap(({ userIds }) => userIds));
  return { items, profiles: await loadProfiles(core, [], [...new Set(users)]) };
}

/**
 * A page of the users who reacted to a message with a key.
 * @param range `after`: `next` of the page before; 0: the first page
 * @throws as `listReactors`
 */
export async function reactorsById(
  core: Core,
  caller: UserId,
  { conversationId, seq }: MessageReference,
  key: ReactionKey,
  { after, limit }: { after: number; limit: number },
): Promise<{ users: Person[]; next: number | null }> {
  const query = { limit, ...(after > 0 && { cursor: writeCursor([after]) }) };
  const page = await inConversation(core, caller, conversationId, () =>
    listReactors(core, caller, conversationId, { seq, key }, query),
  );
  const [next] = page.nextCursor === null ? [null] : readCursor(Position, page.nextCursor);
  return { users: page.items.map(({ user }) => user), next };
}

/** The position in a list of users of a mark. */
const Position = z.tuple([z.int()]);
