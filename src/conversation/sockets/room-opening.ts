import { z } from "zod";
import { Position } from "../../domain/ids.ts";
import { SocketOpening } from "../../object/socket-host.ts";

/** How a room socket is opened, and from where it resumes. */
export const RoomOpening = SocketOpening.extend({
  /** replays what is later than this seq; absent: live only */
  after: Position.optional(),
  /** replays the changes later than this, too */
  rev: z.int().nonnegative().optional(),
});
export type RoomOpening = z.infer<typeof RoomOpening>;
