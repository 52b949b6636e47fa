import { z } from "@hono/zod-openapi";
import { ConversationId, Position } from "../../../../domain/ids.ts";
import { flag, Limit, ListQuery, PositionParam } from "../../common.ts";
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

export const WideThreadPage = z
  .object({
    items: z.array(Thread),
    next_cursor: z.string().nullable(),
    unreachable: z.array(ConversationId).openapi({
      description: "Conversations that did not answer: their threads are missing. Ask again later",
    }),
  })
  .openapi("WideThreadPage");

export const WideThreadsQuery = ListQuery.extend({
  unread: flag("Only those with unread replies"),
});

export const RepliesQuery = z.object({
  before: PositionParam.optional(),
  after: PositionParam.optional(),
  limit: Limit,
});
