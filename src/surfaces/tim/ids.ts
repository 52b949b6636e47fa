import { z } from "zod";
import type { GroupAddress } from "../../domain/conversations/group-address.ts";
import { noMessage } from "../../domain/errors.ts";
import { ConversationId, Seq, SpaceId } from "../../domain/ids.ts";
import { DraftId } from "../../domain/messages/draft.ts";
import { storedForm } from "../../lib/text-forms.ts";
import { orConstant } from "./constants.ts";
import type { ConversationAddress } from "./use-cases/conversations.ts";

/** A name in a call: a string, or a number, which counts as its digits. */
const name = z.union([z.string(), z.int().transform(String)], { error: "must be a string" });

/** The id of a user: their username. */
export const userID = name.pipe(z.string().min(1, "must not be empty")).transform((text) => storedForm(text));

const DIRECT = "C2C";
const GROUP = "GROUP";
const SYSTEM = "@TIM#SYSTEM";
/** the document's spelling of it */
const SHORT_SYSTEM = "SYSTEM";

/** The types of conversations, by their names on the wire. */
const TYPES = { [DIRECT]: "direct", [GROUP]: "group", [SYSTEM]: "system", [SHORT_SYSTEM]: "system" } as const;

/** The type of a conversation: direct, group, or the conversation with the notifications. */
export const conversationType = orConstant(
  z
    .literal([DIRECT, GROUP, SYSTEM, SHORT_SYSTEM], { error: `must be ${DIRECT}, ${GROUP} or ${SYSTEM}` })
    .transform((type) => TYPES[type]),
);

const DIGITS = /^[1-9]\d{0,15}$/;
/** A handle: 1–48 printable ASCII characters. */
const HANDLE = /^[\x20-\x7e]{1,48}$/;
/** A community with topics, and a topic of it. No handle begins so. */
const COMMUNITY = /^@TGS#_([1-9]\d{0,15})$/;
const TOPIC = /^@TGS#_([1-9]\d{0,15})@TOPIC#_([1-9]\d{0,15})$/;

/**
 * The id of a group.
 * @throws `validation_failed` for text that can be none
 */
export const groupID = name.transform((text, context): GroupAddress => {
  const found = parseGroup(text);
  if (found) return found;
  context.addIssue("must be the id of a group");
  return z.NEVER;
});

function parseGroup(text: string): GroupAddress | undefined {
  if (DIGITS.test(text)) {
    const id = ConversationId.safeParse(Number(text)).data;
    return id === undefined ? undefined : { id };
  }
  return parseTopic(text) ?? (HANDLE.test(text) ? { handle: text } : undefined);
}

/** A topic has the number of its channel, which no other space has. */
function parseTopic(text: string): { id: ConversationId; spaceId: SpaceId } | undefined {
  const [, space, channel] = TOPIC.exec(text) ?? [];
  const address = z.object({ id: ConversationId, spaceId: SpaceId });
  return address.safeParse({ id: Number(channel), spaceId: Number(space) }).data;
}

/**
 * The id of a topic.
 * @throws `validation_failed` for text that can be none
 */
export const topicID = z.string().transform((text, context) => {
  const found = parseTopic(text);
  if (found) return found;
  context.addIssue("must be the id of a topic");
  return z.NEVER;
});

/** The space of which a group's address is that of the community; null: of none. */
export function spaceAt(group: GroupAddress): SpaceId | null {
  if ("id" in group) return null;
  return SpaceId.safeParse(Number(COMMUNITY.exec(group.handle)?.[1])).data ?? null;
}

/** Whether a group's address is that of a topic. */
export function isTopic(group: GroupAddress): boolean {
  return "id" in group && group.spaceId !== undefined;
}

/** The id of a community with topics, which is a space. */
export const wireCommunityID = (id: SpaceId): string => `@TGS#_${id}`;

/** The id of a conversation: `C2C<userID>`, `GROUP<groupID>` or `@TIM#SYSTEM`. */
export const conversationID = z.string().transform((text, context): ConversationAddress => {
  const found = parseConversation(text);
  if (found) return found;
  context.addIssue(`must be ${DIRECT}<userID>, ${GROUP}<groupID> or ${SYSTEM}`);
  return z.NEVER;
});

function parseConversation(text: string): ConversationAddress | undefined {
  if (text === SYSTEM || text === SHORT_SYSTEM) return { type: "system" };
  if (text.startsWith(DIRECT)) {
    const username = storedForm(text.slice(DIRECT.length));
    return username === "" ? undefined : { type: "direct", username };
  }
  if (!text.startsWith(GROUP)) return undefined;
  const group = parseGroup(text.slice(GROUP.length));
  return group && { type: "group", group };
}

/** The id of the direct conversation with a user. */
export const directID = (username: string): string => `${DIRECT}${username}`;

/**
 * The id of a group's conversation.
 * @param groupID as `wireGroupID` returns it
 */
export const groupConversationID = (groupID: string): string => `${GROUP}${groupID}`;

/** The id of the conversation with the notifications. */
export const SYSTEM_ID = SYSTEM;

/** The id of a conversation, from its address. */
export function wireConversationID(name: ConversationAddress): string {
  if (name.type === "system") return SYSTEM;
  if (name.type === "direct") return directID(name.username);
  return groupConversationID(wireGroupName(name.group));
}

/** What the id of a group is made of: a channel's of its space, another's of its handle, or its number. */
interface GroupNames {
  handle?: string | null | undefined;
  spaceId?: SpaceId | null | undefined;
}

/** The id of a group, or of a topic. */
export function wireGroupID(id: ConversationId, { handle, spaceId }: GroupNames): string {
  return spaceId ? `${wireCommunityID(spaceId)}@TOPIC#_${id}` : (handle ?? String(id));
}

/** The id of a group, from its address. */
export function wireGroupName(name: GroupAddress): string {
  return "id" in name ? wireGroupID(name.id, name) : name.handle;
}

/** The id of a message: conversation and seq of a sent message, or the id of a draft. */
export type MessageAddress = { conversationId: ConversationId; seq: Seq } | { draft: DraftId };

const SENT_ID = /^([1-9]\d{0,15})-([1-9]\d{0,15})$/;

/**
 * The `ID` of a message.
 * @throws `not_found` for text that can be none
 */
export const messageID = z.string().transform((text): MessageAddress => {
  const draft = DraftId.safeParse(text);
  if (draft.success) return { draft: draft.data };
  return parseSentID(text) ?? raise(noMessage());
});

/**
 * The `ID` of a sent message.
 * @throws `not_found` for text that can be none, and for the ID of a draft
 */
export const sentID = z.string().transform((text) => parseSentID(text) ?? raise(noMessage()));

/**
 * The same, as one of several parameters.
 * @throws `validation_failed` for text that can be none
 */
export const sentPlace = z.string().transform((text, context) => {
  const place = parseSentID(text);
  if (place) return place;
  context.addIssue("must be the ID of a message");
  return z.NEVER;
});

function parseSentID(text: string): Exclude<MessageAddress, { draft: string }> | undefined {
  const [, id, seq] = SENT_ID.exec(text) ?? [];
  const place = z.object({ conversationId: ConversationId, seq: Seq });
  return place.safeParse({ conversationId: Number(id), seq: Number(seq) }).data;
}

function raise(error: Error): never {
  throw error;
}

const NOTIFICATION_ID = new RegExp(`^${SYSTEM}-([1-9]\\d{0,15})$`);

/** The `ID` of a notification: its number. */
export const notificationID = z.string().transform((text, context): number => {
  const number = z.int().safeParse(Number(NOTIFICATION_ID.exec(text)?.[1])).data;
  if (number !== undefined) return number;
  context.addIssue("must be the ID of a message of this conversation");
  return z.NEVER;
});

/** Writes the `ID` of a notification. */
export const wireNotificationID = (id: number): string => `${SYSTEM}-${id}`;

/** Writes the `ID` of a sent message. */
export const wireMessageID = (conversationId: ConversationId, seq: Seq): string => `${conversationId}-${seq}`;
