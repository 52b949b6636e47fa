import { z } from "zod";
import { ConversationId, Seq, UserId } from "../ids.ts";
import { Kind } from "./content.ts";
import { Priority } from "./message.ts";

/** What a draft is called. It is the client's id of the message that it becomes, so that it becomes one alone. */
export const DraftId = z
  .string()
  .regex(/^draft-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  .brand<"DraftId">();
export type DraftId = z.infer<typeof DraftId>;

const Handle = z.string();

/** For whom a draft is, by name: whether there is such a one is asked when it is sent. */
export const Recipient = z.discriminatedUnion("type", [
  z.object({ type: z.literal("direct"), username: z.string() }),
  z.object({
    type: z.literal("group"),
    group: z.union([z.object({ id: ConversationId }), z.object({ handle: Handle })]),
  }),
]);
export type Recipient = z.infer<typeof Recipient>;

/** What a draft says: something of its own, or what another message says when it is sent. */
const DraftBody = z.union([
  z.object({ kind: Kind, body: z.string() }),
  z.object({ source: z.object({ conversationId: ConversationId, seq: Seq }) }),
]);

/** All of a draft but its name, as it is kept until it is sent. */
export const DraftContent = z.object({
  to: Recipient,
  said: DraftBody,
  mentions: z.union([z.array(UserId), z.literal("all")]),
  priority: Priority.optional(),
  customData: z.string().optional(),
  clientTime: z.int().optional(),
});
export type DraftContent = z.infer<typeof DraftContent>;

/** A message that its sender has made and not sent. */
export interface StoredDraft {
  id: DraftId;
  /** milliseconds since 1970 */
  createdAt: number;
  content: DraftContent;
}

/** What has become of a draft: what it says is kept until it is a message, which has the last word then. */
export type DraftState = { content: DraftContent } | { sent: { conversationId: ConversationId; seq: Seq } };
