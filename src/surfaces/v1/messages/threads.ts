import { z } from "@hono/zod-openapi";
import { listAllThreads } from "../../../core/messages/across/threads.ts";
import { type FollowedThread, listThreads, pageOfThread } from "../../../core/messages/threads.ts";
import { ConversationId, Position } from "../../../domain/ids.ts";
import type { ThreadState as DomainThreadState } from "../../../domain/messages/thread.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import {
  ConversationIdParam,
  ConversationParams,
  flag,
  Limit,
  ListQuery,
  PositionParam,
  SeqParam,
  serializePage,
} from "../common.ts";
import { ReadPosition } from "../conversations/read-positions.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";
import { Message, serializeMessage } from "./message.ts";
import { MessagePage } from "./messages.ts";

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

const WideThreadsQuery = ListQuery.extend({
  unread: flag("Only those with unread replies"),
});

const RepliesQuery = z.object({
  before: PositionParam.optional(),
  after: PositionParam.optional(),
  limit: Limit,
});

const lightRoute = callerRoutes("Messages");
const pageRoute = callerRoutes("Messages", weighs("page"));

const threadParams = z.object({ id: ConversationIdParam, root: SeqParam });

const wideRoute = callerRoutes("Messages", weighs("search"))("get", "/v1/threads", {
  operationId: "listAllThreads",
  summary: "The threads that you follow, in all conversations",
  description:
    "The newest reply first; `root.conversation_id` says where. `unread=true` lists those with unread replies, in the 100 conversations with the newest activity. A page may hold fewer items than `limit`, even none: continue with `cursor=next_cursor` until that is null. A thread that gets a reply meanwhile may be missing from the pages that follow.",
  request: { query: WideThreadsQuery },
  responses: {
    200: jsonAnswer("A page", WideThreadPage),
    ...problems("validation_failed"),
  },
});

const listRoute = pageRoute("get", "/v1/conversations/{id}/threads", {
  operationId: "listThreads",
  summary: "The threads that you follow",
  description:
    "The newest reply first. You follow a thread once you have written in it, once somebody answers a message of yours, and by `PUT …/follow`. The threads whose root you do not see any more are not among them.",
  request: { params: ConversationParams, query: ListQuery },
  responses: {
    200: jsonAnswer("A page", ThreadList),
    ...problems("validation_failed", "not_found"),
  },
});

const repliesRoute = pageRoute("get", "/v1/conversations/{id}/threads/{root}/messages", {
  operationId: "listReplies",
  summary: "A page of the replies of a thread",
  description:
    "Replies in the thread alone, and those that are in the main stream too, by rising `seq`; without a bound, the newest ones. `before` and `after` are exclusive bounds, and only one may be given. A root that you do not see is `not_found`.",
  request: { params: threadParams, query: RepliesQuery },
  responses: {
    200: jsonAnswer("A page", MessagePage),
    ...problems("validation_failed", "not_found"),
  },
});

const followRoute = lightRoute("put", "/v1/conversations/{id}/threads/{root}/follow", {
  operationId: "followThread",
  summary: "Follow a thread",
  description:
    "Later thread-only replies of others are unread for you; what is there counts as read. You can follow 500 threads of a conversation: a further one ends the follow of the thread with the oldest last reply. Repeating the call is no error.",
  request: { params: threadParams },
  responses: {
    200: jsonAnswer("Your state of the thread", ThreadState),
    ...problems("validation_failed", "not_found"),
  },
});

const unfollowRoute = lightRoute("delete", "/v1/conversations/{id}/threads/{root}/follow", {
  operationId: "unfollowThread",
  summary: "Follow a thread no more",
  description: "Nothing in it is unread for you until you write in it or follow it again.",
  request: { params: threadParams },
  responses: {
    204: { description: "Done, also where there was nothing" },
    ...problems("validation_failed", "not_found"),
  },
});

const readRoute = lightRoute("put", "/v1/conversations/{id}/threads/{root}/read", {
  operationId: "markThreadRead",
  summary: "Move your read position in a thread",
  description:
    "It only moves forward: a lower `seq` changes nothing. In a thread that you do not follow there is no position, and nothing changes. A `seq` beyond the last message of the conversation is `not_found`.",
  request: {
    params: threadParams,
    body: jsonBody(ReadPosition),
  },
  responses: {
    200: jsonAnswer("Your state of the thread", ThreadState),
    ...problems("not_found"),
  },
});

export const threads = v1Router()
  .openapi(wideRoute, async (c) => {
    const { unread: isUnread, ...query } = c.req.valid("query");
    const page = await listAllThreads(c.var.core, c.var.caller.userId, { ...query, isUnread });
    return c.json({ ...serializePage(page, serializeThread), unreachable: page.unreachable }, 200);
  })
  .openapi(listRoute, async (c) => {
    const { id } = c.req.valid("param");
    const page = await listThreads(c.var.core, c.var.caller.userId, id, c.req.valid("query"));
    return c.json(serializePage(page, serializeThread), 200);
  })
  .openapi(repliesRoute, async (c) => {
    const { id, root } = c.req.valid("param");
    const query = c.req.valid("query");
    const { items, hasMore } = await pageOfThread(c.var.core, c.var.caller.userId, id, root, query);
    return c.json({ items: items.map(serializeMessage), has_more: hasMore }, 200);
  })
  .openapi(followRoute, async (c) => {
    const { id, root } = c.req.valid("param");
    const thread = await c.var.core.conversations.followThread(id, { userId: c.var.caller.userId, root });
    return c.json(serializeThreadState(thread), 200);
  })
  .openapi(unfollowRoute, async (c) => {
    const { id, root } = c.req.valid("param");
    await c.var.core.conversations.unfollowThread(id, { userId: c.var.caller.userId, root });
    return c.body(null, 204);
  })
  .openapi(readRoute, async (c) => {
    const { id, root } = c.req.valid("param");
    const { seq } = c.req.valid("json");
    const thread = await c.var.core.conversations.readThread(id, { userId: c.var.caller.userId, root, seq });
    return c.json(serializeThreadState(thread), 200);
  });

/** The caller's own state of a thread as v1 shows it. */
export function serializeThreadState(state: DomainThreadState): z.infer<typeof ThreadState> {
  return { following: state.isFollowing, read_seq: state.readSeq, unread_count: state.unreadCount };
}

/** A followed thread as v1 shows it. */
function serializeThread({ root, ...state }: FollowedThread): z.infer<typeof Thread> {
  return { root: serializeMessage(root), ...serializeThreadState(state) };
}
