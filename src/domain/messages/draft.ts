import { z } from "zod";
import { ConversationId, Seq, SpaceId, UserId } from "../ids.ts";
import { Kind } from "./content.ts";
import { Priority } from "./message.ts";

/** What the server gives a draft. */
const GIVEN_BY_SERVER = /^draft-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** What a client gives one: the username of its maker, and two numbers. No other user's id looks the same. */
const GIVEN_BY_CLIENT = /^(?<maker>.+)-\d{1,16}-\d{1,10}$/su;

/** A username has 128 characters at most, each of one or two units. */
const MAX_LENGTH = 2 * 128 + 32;

/**
 * A draft's id. It becomes the client message id of the message, so that repeated sends of a draft store one
 * message.
 */
export const DraftId = z
  .string()
  .max(MAX_LENGTH)
  .refine((id) => GIVEN_BY_SERVER.test(id) || GIVEN_BY_CLIENT.test(id))
  .brand<"DraftId">();
export type DraftId = z.infer<typeof DraftId>;

/** The username in an id that a client has given; undefined for any other id. */
export function makerIn(id: string): string | undefined {
  return GIVEN_BY_SERVER.test(id) ? undefined : GIVEN_BY_CLIENT.exec(id)?.groups?.maker;
}

const Handle = z.string();

/** The receiver of a stored draft, by name. Whether it exists is checked when the draft is sent. */
export const Recipient = z.discriminatedUnion("type", [
  z.object({ type: z.literal("direct"), username: z.string() }),
  z.object({
    type: z.literal("group"),
    group: z.union([
      z.object({ id: ConversationId, spaceId: SpaceId.optional() }),
      z.object({ handle: Handle }),
    ]),
  }),
]);
export type Recipient = z.infer<typeof Recipient>;

const Reference = z.object({ conversationId: ConversationId, seq: Seq });

/**
 * The content of a stored draft: its own body, or references to a message, or to those that it merges, which
 * are copied when the draft is sent.
 */
const DraftBody = z.union([
  z.object({ kind: Kind, body: z.string() }),
  z.object({ source: Reference }),
  z.object({ merged: z.object({ title: z.string(), items: z.array(Reference) }) }),
]);

/** A stored draft without its id, as it is kept until it is sent. */
export const DraftContent = z.object({
  to: Recipient,
  /** the content; inboxes store it under this name */
  said: DraftBody,
  mentions: z.union([z.array(UserId), z.literal("all")]),
  alsoMentioned: z.array(UserId).optional(),
  priority: Priority.optional(),
  /** the message that it quotes, if its sender sees it when the draft is sent */
  quote: Reference.optional(),
  customData: z.string().optional(),
  clientTime: z.int().optional(),
});
export type DraftContent = z.infer<typeof DraftContent>;

/** A message that its sender has made and not yet sent. */
export interface StoredDraft {
  id: DraftId;
  /** milliseconds since 1970 */
  createdAt: number;
  content: DraftContent;
}

/**
 * The state of a stored draft: its content until it is sent; then the reference to the stored message, and no
 * content.
 */
export type DraftState =
  | {
      content: DraftContent;
      /** milliseconds since 1970 */
      createdAt: number;
    }
  | { sent: { conversationId: ConversationId; seq: Seq } };
