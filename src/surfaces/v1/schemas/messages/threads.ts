import { z } from "@hono/zod-openapi";
import { Position } from "../../../../domain/ids.ts";
import { Limit, PositionParam } from "../common.ts";
import { Message } from "./messages.ts";

const State = {
  following: z.boolean(),
  read_seq: Position.meta({
    description: "You have read the replies up to there; 0 if you do not follow it",
  }),
  unread_count: z
    .int()
    .nonnegative()
    .openapi({ description: "Thread-only replies behind it; 0 if you do not follow the thread" }),
};

export const ThreadState = z
  .object(State)
  .openapi("ThreadState", { description: "Your own state of a thread" });

export const Thread = z
  .object({ root: Message, ...State })
  .openapi("Thread", { description: "A thread that you follow" });

export const ThreadList = z
  .object({ items: z.array(Thread), next_cursor: z.string().nullable() })
  .openapi("ThreadList");

export const RepliesQuery = z.object({
  before: PositionParam.optional(),
  after: PositionParam.optional(),
  limit: Limit,
});
