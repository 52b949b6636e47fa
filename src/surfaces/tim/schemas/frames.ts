import { z } from "zod";
import { ConversationId, Position } from "../../../domain/ids.ts";

/** The most conversations of a `sync` frame. */
const MAX_POINTS = 100;

/** A conversation by its number: what frames of the server have as `conversation`. */
const conversation = ConversationId;

/** Where a client stands in a conversation. */
const SyncPoint = z.object({
  conversation,
  /** the `sequence` of the last message that it has */
  sequence: Position,
  /** the `revision` of the last change that it has; absent: it wants no changes of older messages */
  revision: z.int().nonnegative().optional(),
});

/** A frame of a client. */
export const ClientFrame = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("sync"),
    items: z
      .array(SyncPoint)
      .max(MAX_POINTS)
      .refine(
        (items) => new Set(items.map((item) => item.conversation)).size === items.length,
        "name each conversation once",
      ),
  }),
  z.object({ type: z.literal("typing"), conversation }),
  /** a newer token of the same user, with which the socket goes on */
  z.object({ type: z.literal("auth"), token: z.string().min(1) }),
]);
export type ClientFrame = z.infer<typeof ClientFrame>;
