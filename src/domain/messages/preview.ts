import { z } from "zod";
import { Seq, UserId } from "../ids.ts";
import { Kind } from "./content.ts";
import { Forwarded, Priority } from "./message.ts";
import { SystemMessageDetails } from "./system-message.ts";

/**
 * The newest message that a member may see, as his inbox keeps it for the list of conversations.
 * Profiles and the quoted text are not part of it: they are looked up, or left out, when it is read.
 */
export const Preview = z.object({
  seq: Seq,
  senderId: UserId,
  nameCard: z.string().optional(),
  kind: Kind,
  body: z.string(),
  /** one that cannot be read costs the list nothing */
  systemMessage: SystemMessageDetails.optional().catch(undefined),
  mentions: z.union([z.array(UserId), z.literal("all")]),
  revoked: z.boolean(),
  revokedBy: UserId.optional(),
  clientMsgId: z.string().optional(),
  clientTime: z.int().optional(),
  priority: Priority.optional(),
  customData: z.string().optional(),
  forwarded: Forwarded.optional(),
  createdAt: z.int(),
});

export type Preview = z.infer<typeof Preview>;
