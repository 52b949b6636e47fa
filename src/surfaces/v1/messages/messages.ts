import { z } from "@hono/zod-openapi";
import { boundsOf, hideMessage, sendMessage, showTo } from "../../../core/messages/messages.ts";
import { scheduleMessage } from "../../../core/messages/scheduled.ts";
import { invalid } from "../../../domain/errors.ts";
import { Position, Seq } from "../../../domain/ids.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import {
  ChangesLimit,
  ConversationParams,
  Limit,
  MessageParams,
  PositionParam,
  RevParam,
  TimeParam,
} from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";
import { PassingAnswer } from "./buttons.ts";
import { Message, serializeMessage } from "./message.ts";
import { NewMessage, toDraft } from "./new-message.ts";
import { ScheduledAnswer, serializeScheduled } from "./scheduled.ts";

export const MessagePage = z
  .object({
    items: z.array(Message),
    has_more: z.boolean().openapi({ description: "There are more in the direction of the page" }),
    has_earlier: z
      .boolean()
      .optional()
      .openapi({ description: "With `at`: there are messages before the page" }),
    last_seq: Position.optional().openapi({
      description:
        "Without a bound: of the last message of all, in threads too. With `rev` you `sync` from there",
    }),
    rev: z
      .int()
      .nonnegative()
      .optional()
      .openapi({ description: "Without a bound: the page has every change up to it" }),
  })
  .openapi("MessagePage");

/** Asks for thread-only replies too. */
const ThreadsQuery = z.literal("all").optional().openapi({
  description: "`all`: with thread-only replies; absent: the main stream",
});

export const PageQuery = z.object({
  before: PositionParam.optional(),
  after: PositionParam.optional(),
  at: TimeParam.optional().openapi({
    description: "The page begins at the first message from this time on",
  }),
  limit: Limit,
  threads: ThreadsQuery,
});

const ChangesQuery = z.object({
  after_rev: RevParam.optional().openapi({ description: "The highest `rev` that you have; absent: 0" }),
  after: PositionParam.optional().openapi({
    description: "The newest message that you have; absent: a deletion for yourself is not told",
  }),
  limit: ChangesLimit,
  threads: ThreadsQuery,
});

export const ChangesPage = z
  .object({
    items: z.array(Message),
    hidden: z.array(Seq).openapi({ description: "Messages that you have hidden: remove them" }),
    rev: z.int().nonnegative().openapi({ description: "With this page you have every change up to it" }),
    has_more: z.boolean(),
  })
  .openapi("ChangesPage");

const DeleteQuery = z.object({ for: z.enum(["me", "everyone"]) });

const lightRoute = callerRoutes("Messages");
const pageRoute = callerRoutes("Messages", weighs("page"));

const sendRoute = lightRoute("post", "/v1/conversations/{id}/messages", {
  operationId: "sendMessage",
  summary: "Send a message",
  description:
    "With a `client_msg_id` the call can be repeated: a repeat answers 200 with the first message, and delivers nothing twice. With `send_at` the message is sent at that time, to the second, with the checks of that moment: 202. At most 100 wait: else `conflict`. With `only_for` a bot shows the message to one member, and nothing stores it: 202.",
  request: { params: ConversationParams, body: jsonBody(NewMessage) },
  responses: {
    200: jsonAnswer("The message that was sent with this client_msg_id", Message),
    201: jsonAnswer("The new message", Message),
    202: jsonAnswer(
      "With `send_at` the scheduled message; a repeat with its `client_msg_id` gives the same one. With `only_for` the id of the passing message",
      z.union([ScheduledAnswer, PassingAnswer]),
    ),
    ...problems(
      "forbidden",
      "muted",
      "slow_mode",
      "blocked",
      "refused",
      "held",
      "not_found",
      "conflict",
      "quota",
      "full",
    ),
  },
});

const listRoute = pageRoute("get", "/v1/conversations/{id}/messages", {
  operationId: "listMessages",
  summary: "A page of messages",
  description:
    "By rising `seq`; without a bound, the newest messages. `before` and `after` are exclusive bounds; `at` is a time, and the page begins at the first message from then on that you see. Only one of the three may be given. Thread-only replies are left out, unless `threads=all` asks for them.",
  request: { params: ConversationParams, query: PageQuery },
  responses: {
    200: jsonAnswer("A page", MessagePage),
    ...problems("validation_failed", "not_found"),
  },
});

const changesRoute = pageRoute("get", "/v1/conversations/{id}/changes", {
  operationId: "listChanges",
  summary: "What has become of messages",
  description:
    "The messages that changed after `after_rev`, as they are now, in the order of their last change: each once, however often it changed. " +
    "A message that you do not have is none that you missed: pass over it. Thread-only replies are left out, unless `threads=all` asks for them. " +
    "410 `reset`: more messages have changed than are listed (5,000, unless the server's setting `MAX_CHANGES` says otherwise). Drop what you have of the conversation, and load it anew. " +
    "The same with `after`, if you see nothing up to that message any more: you have deleted the conversation for yourself, or have left it and come back.",
  request: { params: ConversationParams, query: ChangesQuery },
  responses: {
    200: jsonAnswer("A page", ChangesPage),
    ...problems("validation_failed", "not_found", "reset"),
  },
});

const getRoute = lightRoute("get", "/v1/conversations/{id}/messages/{seq}", {
  operationId: "getMessage",
  summary: "One message",
  description: "A message that you have hidden is `not_found`.",
  request: { params: MessageParams },
  responses: {
    200: jsonAnswer("The message", Message),
    ...problems("validation_failed", "not_found"),
  },
});

const deleteRoute = lightRoute("delete", "/v1/conversations/{id}/messages/{seq}", {
  operationId: "deleteMessage",
  summary: "Hide or revoke a message",
  description:
    "`for=me` hides the message from you. `for=everyone` revokes it; only its sender and the group's owner and admins can. Repeating either is no error, and you can revoke what you have hidden.",
  request: { params: MessageParams, query: DeleteQuery },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

export const messages = v1Router()
  .openapi(sendRoute, async (c) => {
    const { id } = c.req.valid("param");
    const input = c.req.valid("json");
    const draft = toDraft(input);
    const { core, caller } = c.var;
    if ("only_for" in input && input.only_for !== undefined) {
      if (input.send_at !== undefined) throw invalid("body.send_at", "must be absent with `only_for`");
      return c.json({ passing_id: await showTo(core, caller.userId, id, draft, input.only_for) }, 202);
    }
    if (input.send_at !== undefined) {
      const outcome = await scheduleMessage(core, caller.userId, id, draft, input.send_at);
      return "sent" in outcome
        ? c.json(serializeMessage(outcome.sent), 200)
        : c.json({ scheduled: serializeScheduled(outcome.scheduled) }, 202);
    }
    const { message, isRepeated } = await sendMessage(core, caller.userId, id, draft, true);
    return c.json(serializeMessage(message), isRepeated ? 200 : 201);
  })
  .openapi(listRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { threads = "main" as const, ...query } = c.req.valid("query");
    const { core, caller } = c.var;
    const bounds = boundsOf({ ...query, scope: threads });
    const page = await core.conversations.page(id, { userId: caller.userId, looks: true, ...bounds });
    const { items, hasMore, hasEarlier } = page;
    const isNewest = [query.before, query.after, query.at].every((bound) => bound === undefined);
    const more = {
      has_more: hasMore,
      has_earlier: hasEarlier,
      ...(isNewest && { last_seq: page.lastSeq, rev: page.rev }),
    };
    return c.json({ items: items.map(serializeMessage), ...more }, 200);
  })
  .openapi(changesRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { userId } = c.var.caller;
    const { after_rev: afterRev = 0, after, limit, threads: scope = "main" as const } = c.req.valid("query");
    const range = { afterRev, after, limit, scope };
    const page = await c.var.core.conversations.changes(id, { userId, ...range });
    const { hidden, rev, hasMore } = page;
    return c.json({ items: page.items.map(serializeMessage), hidden, rev, has_more: hasMore }, 200);
  })
  .openapi(getRoute, async (c) => {
    const { id, seq } = c.req.valid("param");
    const { userId } = c.var.caller;
    const message = await c.var.core.conversations.message(id, { userId, seq, looks: true });
    return c.json(serializeMessage(message), 200);
  })
  .openapi(deleteRoute, async (c) => {
    const { id, seq } = c.req.valid("param");
    const { core, caller } = c.var;
    if (c.req.valid("query").for === "me") await hideMessage(core, caller.userId, id, seq);
    else await core.conversations.revoke(id, { userId: caller.userId, seq });
    return c.body(null, 204);
  });
