import { z } from "zod";
import { HookOrigin } from "../conversations/incoming-hook.ts";
import { SenderId, Seq, UserId } from "../ids.ts";
import { StoredTime } from "../time.ts";
import { Kind } from "./content.ts";
import { Forwarded, Priority, RoleMentions } from "./message.ts";
import { PollBody } from "./polls.ts";
import { SystemMessageDetails } from "./system-message.ts";
import { ThreadPlace, ThreadSummary } from "./thread.ts";

/**
 * The newest message that a member may see, as the inbox stores it for the list of conversations. It has no
 * profiles and no quoted text: profiles are looked up when it is read, quotes are left out.
 */
export const Preview = z.object({
  seq: Seq,
  senderId: SenderId,
  /** the incoming hook that has brought it */
  hook: HookOrigin.optional(),
  nameCard: z.string().optional(),
  kind: Kind,
  body: z.string(),
  /** of a poll, whose kind and body are its text; without a body once revoked */
  poll: z.object({ body: PollBody.optional() }).optional().catch(undefined),
  /** system message details that cannot be parsed are dropped, so that the list still shows the entry */
  systemMessage: SystemMessageDetails.optional().catch(undefined),
  mentions: z.union([z.array(UserId), z.literal("all")]),
  alsoMentioned: z.array(UserId).optional(),
  roleMentions: RoleMentions.optional(),
  revoked: z.boolean(),
  revokedBy: UserId.optional(),
  clientMsgId: z.string().optional(),
  clientTime: StoredTime.optional(),
  priority: Priority.optional(),
  customData: z.string().optional(),
  customVersion: z.int().optional(),
  metadata: z.string().optional(),
  silent: z.literal(true).optional(),
  forwarded: Forwarded.optional(),
  thread: ThreadPlace.optional(),
  threadSummary: ThreadSummary.optional(),
  /** see `Message`; absent: 0 */
  rev: z.int().optional(),
  /** see `Message`; absent: 1 */
  version: z.int().optional(),
  editedAt: StoredTime.optional(),
  createdAt: StoredTime,
});

export type Preview = z.infer<typeof Preview>;
