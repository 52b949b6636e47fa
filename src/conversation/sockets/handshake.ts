import { z } from "zod";
import { Position, SessionId, UserId } from "../../domain/ids.ts";

/** The header in which the Worker says who opens a socket; whatever a client put there is overwritten. */
export const OPENING_HEADER = "X-Parley-Opening";

/** What stands in that header, as JSON. */
export const Opening = z.object({
  userId: UserId,
  sessionId: SessionId,
  expiresAt: z.int(),
  after: Position.optional(),
  rev: z.int().nonnegative().optional(),
  subprotocol: z.string().optional(),
});
export type Opening = z.infer<typeof Opening>;
