import { z } from "@hono/zod-openapi";
import { Position } from "../../../domain/ids.ts";

/** Messages of which a frame has a part. */
export const Sampled = z
  .object({ after: Position, last_seq: Position, count: z.int().positive() })
  .openapi("Sampled", {
    description:
      "Of a busy audience room, over its room socket: of the `count` messages after `after` up to `last_seq` these are a fair part, or none. `GET …/messages?after=` has all; a `sync` goes on after `last_seq`",
  });
export type Sampled = z.infer<typeof Sampled>;
