import { z } from "zod";
import { SessionId, UserId } from "../../domain/ids.ts";

/** The header in which the Worker says who opens a socket; whatever a client put there is overwritten. */
export const OPENING_HEADER = "X-Parley-Opening";

/** What stands in that header, as JSON. */
export const DeviceOpening = z.object({
  userId: UserId,
  sessionId: SessionId,
  expiresAt: z.int(),
  /** the name of the wire format, as the composition root registered it */
  protocol: z.string(),
  subprotocol: z.string().optional(),
});
export type DeviceOpening = z.infer<typeof DeviceOpening>;
