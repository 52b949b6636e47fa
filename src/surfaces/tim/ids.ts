import { z } from "zod";
import type { ConversationAddress } from "../../core/by-name/conversations.ts";
import type { GroupAddress } from "../../domain/conversations/group-address.ts";
import { noMessage } from "../../domain/errors.ts";
import { ConversationId, Seq } from "../../domain/ids.ts";
import { DraftId } from "../../domain/messages/draft.ts";

/** Whom or what a call names by text; a number is taken for its digits. */
const name = z.union([z.string(), z.int().transform(String)], { error: "must be a string" });

/** A user as this API calls him: his username. */
export const userID = name
  .pipe(z.string().min(1, "must not be empty"))
  .transform((text) => text.normalize("NFC"));

const DIRECT = "C2C";
const GROUP = "GROUP";
const SYSTEM = "@TIM#SYSTEM";
/** what the document calls it */
const SHORT_SYSTEM = "SYSTEM";

/** What sorts of conversation there are, by what a call says. */
const TYPES = { [DIRECT]: "direct", [GROUP]: "group", [SYSTEM]: "system", [SHORT_SYSTEM]: "system" } as const;

/** What sort of conversation is meant: with somebody, a group's, or the one with the system's notices. */
export const conversationType = z
  .literal([DIRECT, GROUP, SYSTEM, SHORT_SYSTEM], { error: `must be ${DIRECT}, ${GROUP} or ${SYSTEM}` })
  .transform((type) => TYPES[type]);

const DIGITS = /^[1-9]\d{0,15}$/;
/** What can be the given id of a group: 1–48 printable ASCII characters. */
const HANDLE = /^[\x20-\x7e]{1,48}$/;

/** The id of a group. @throws `validation_failed` for what can be none */
export const groupID = name.transform((text, context): GroupAddress => {
  const found = groupNamed(text);
  if (found) return found;
  context.addIssue("must be the id of a group");
  return z.NEVER;
});

function groupNamed(text: string): GroupAddress | undefined {
  if (DIGITS.test(text)) {
    const id = ConversationId.safeParse(Number(text)).data;
    return id === undefined ? undefined : { id };
  }
  return HANDLE.test(text) ? { handle: text } : undefined;
}

/** The id of a conversation: `C2C<userID>`, `GROUP<groupID>` or `@TIM#SYSTEM`. */
export const conversationID = z.string().transform((text, context): ConversationAddress => {
  const found = conversationNamed(text);
  if (found) return found;
  context.addIssue(`must be ${DIRECT}<userID>, ${GROUP}<groupID> or ${SYSTEM}`);
  return z.NEVER;
});

function conversationNamed(text: string): ConversationAddress | undefined {
  if (text === SYSTEM || text === SHORT_SYSTEM) return { type: "system" };
  if (text.startsWith(DIRECT)) {
    const username = text.slice(DIRECT.length).normalize("NFC");
    return username === "" ? undefined : { type: "direct", username };
  }
  if (!text.startsWith(GROUP)) return undefined;
  const group = groupNamed(text.slice(GROUP.length));
  return group && { type: "group", group };
}

/** The id of the conversation with somebody. */
export const directID = (username: string): string => `${DIRECT}${username}`;

/** The id of a group's conversation. @param groupID as `wireGroupID` gives it */
export const groupConversationID = (groupID: string): string => `${GROUP}${groupID}`;

export const SYSTEM_ID = SYSTEM;

/** A conversation as a call has named it. */
export function wireConversationID(name: ConversationAddress): string {
  if (name.type === "system") return SYSTEM;
  if (name.type === "direct") return directID(name.username);
  return groupConversationID("id" in name.group ? String(name.group.id) : name.group.handle);
}

/** A group as it is called here. @param handle the id that it was given, null or absent: none was */
export function wireGroupID(id: ConversationId, handle?: string | null): string {
  return handle ?? String(id);
}

/** The same of a group which a call has named. */
export function wireGroupName(name: GroupAddress): string {
  return "id" in name ? String(name.id) : name.handle;
}

/** What a message is called: one that was sent by its place, one that was not yet by itself. */
export type MessageName = { conversationId: ConversationId; seq: Seq } | { draft: DraftId };

const SENT = /^([1-9]\d{0,15})-([1-9]\d{0,15})$/;

/** The `ID` of a message. @throws `not_found` for what can be none: there is no such message */
export const messageID = z.string().transform((text): MessageName => {
  const draft = DraftId.safeParse(text);
  if (draft.success) return { draft: draft.data };
  return placeNamed(text) ?? raise(noMessage());
});

/** The `ID` of a message that was sent. @throws `not_found` for what can be none, and for one that was not */
export const sentID = z.string().transform((text) => placeNamed(text) ?? raise(noMessage()));

/** The same as one of several parameters. @throws `validation_failed` for what can be none */
export const sentPlace = z.string().transform((text, context) => {
  const place = placeNamed(text);
  if (place) return place;
  context.addIssue("must be the ID of a message");
  return z.NEVER;
});

function placeNamed(text: string): Exclude<MessageName, { draft: string }> | undefined {
  const [, id, seq] = SENT.exec(text) ?? [];
  const place = z.object({ conversationId: ConversationId, seq: Seq });
  return place.safeParse({ conversationId: Number(id), seq: Number(seq) }).data;
}

function raise(error: Error): never {
  throw error;
}

const NOTICE = new RegExp(`^${SYSTEM}-([1-9]\\d{0,15})$`);

/** The `ID` of a notice: its number. */
export const noticeID = z.string().transform((text, context): number => {
  const number = z.int().safeParse(Number(NOTICE.exec(text)?.[1])).data;
  if (number !== undefined) return number;
  context.addIssue("must be the ID of a message of this conversation");
  return z.NEVER;
});

export const wireNoticeID = (id: number): string => `${SYSTEM}-${id}`;

/** The `ID` of a message that was sent. */
export const wireMessageID = (conversationId: ConversationId, seq: Seq): string => `${conversationId}-${seq}`;
