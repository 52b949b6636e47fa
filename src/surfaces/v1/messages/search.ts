import { z } from "@hono/zod-openapi";
import { type WideSearchPage as FoundPage, searchAll } from "../../../core/messages/across/search.ts";
import { searchMessages } from "../../../core/messages/messages.ts";
import type { SearchCriteria } from "../../../core/messages/search-criteria.ts";
import { searchSpace } from "../../../core/spaces/own/search.ts";
import { ConversationId, Seq } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { AttachmentType } from "../../../domain/messages/attachment.ts";
import type { Kind } from "../../../domain/messages/content.ts";
import { textUpTo } from "../../../domain/text.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import {
  ConversationParams,
  Limit,
  PositionParam,
  QueryText,
  SpaceParams,
  Time,
  TimeParam,
  UserIdParam,
} from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer } from "../route.ts";
import { v1Router } from "../router.ts";
import { Message, serializeMessage } from "./message.ts";
import { MessageKind } from "./poll.ts";

const AttachmentsQuery = z.object({
  type: AttachmentType.openapi({
    description: "`media`: images and videos. `link`: texts with an address (`://`)",
  }),
  before: PositionParam.optional(),
  limit: Limit,
});

export const AttachmentsPage = z
  .object({ items: z.array(Message), next_before: Seq.nullable() })
  .openapi("AttachmentsPage");

const SearchQuery = z.object({
  q: QueryText.pipe(textUpTo(LIMITS.query).min(1)),
  match: z.enum(["phrase", "words"]).default("phrase").openapi({
    description: "`phrase`: `q` as a whole. `words`: each word of `q`, anywhere in the message",
  }),
  sender_id: UserIdParam.optional(),
  kind: MessageKind.optional(),
  since: TimeParam.optional().openapi({ description: "Only messages from this time on (ms)" }),
  until: TimeParam.optional().openapi({ description: "Only messages up to this time (ms)" }),
  before: PositionParam.optional(),
  limit: Limit,
});

export const SearchPage = z
  .object({ items: z.array(Message), next_before: Seq.nullable() })
  .openapi("SearchPage");

const WideSearchQuery = z.object({
  ...SearchQuery.shape,
  before: QueryText.optional().openapi({ description: "`next_before` of the page before" }),
});

export const WideSearchPage = z
  .object({
    items: z.array(Message),
    next_before: z.string().nullable().openapi({ description: "null: this is the last page" }),
    searched_to: Time.nullable().openapi({
      description: "Every match that is newer than this time (ms) was given; null: every match was",
    }),
    unreachable: z.array(ConversationId).openapi({
      description: "Conversations that did not answer. The following pages leave them out",
    }),
  })
  .openapi("WideSearchPage");

const searchedRoute = callerRoutes("Messages", weighs("search"));

const searchOneRoute = searchedRoute("get", "/v1/conversations/{id}/messages/search", {
  operationId: "searchMessages",
  summary: "Search for messages",
  description:
    "Messages with `q` in their text, caption, file name, address, description or title, newest first. Texts are compared as people read them: without regard to case, width, accents and characters that nobody sees. A page may hold fewer messages than `limit`: continue with `before=next_before` until that is null.",
  request: { params: ConversationParams, query: SearchQuery },
  responses: {
    200: jsonAnswer("A page", SearchPage),
    ...problems("validation_failed", "not_found"),
  },
});

/** Mounted before the routes of messages, which would read `search` as a `seq`. */
export const search = v1Router().openapi(searchOneRoute, async (c) => {
  const { id } = c.req.valid("param");
  const criteria = { ...criteriaOf(c.req.valid("query")), looks: true };
  const { items, nextBefore } = await searchMessages(c.var.core, c.var.caller.userId, id, criteria);
  return c.json({ items: items.map(serializeMessage), next_before: nextBefore }, 200);
});

const searchAllRoute = searchedRoute("get", "/v1/messages/search", {
  operationId: "searchAllMessages",
  summary: "Search all conversations",
  description:
    "Messages of all your conversations with `q`, by the rules of the search in one conversation. Newest first: by time, then the higher conversation id, then the higher `seq`. A page asks 40 conversations at most. It may hold fewer messages than `limit`, even none: continue with `before=next_before` until that is null. `searched_to` says how far back you have searched. A conversation that does not answer is named in `unreachable`, and the following pages leave it out: ask for the same page again to have it searched. Conversations that you have left are not searched.",
  request: { query: WideSearchQuery },
  responses: {
    200: jsonAnswer("A page", WideSearchPage),
    ...problems("validation_failed"),
  },
});

export const wideSearch = v1Router().openapi(searchAllRoute, async (c) => {
  const page = await searchAll(c.var.core, c.var.caller.userId, criteriaOf(c.req.valid("query")));
  return c.json(serializeWidePage(page), 200);
});

const searchSpaceRoute = searchedRoute("get", "/v1/spaces/{id}/messages/search", {
  operationId: "searchSpaceMessages",
  summary: "Search a space",
  description:
    "Messages of all channels that you can read, also of those that you do not follow, by the rules and in the order of the search in all conversations. A page asks 40 channels at most: in a space with more of them the first pages may hold no message.",
  request: { params: SpaceParams, query: WideSearchQuery },
  responses: {
    200: jsonAnswer("A page", WideSearchPage),
    ...problems("validation_failed", "not_found"),
  },
});

export const spaceSearch = v1Router().openapi(searchSpaceRoute, async (c) => {
  const criteria = criteriaOf(c.req.valid("query"));
  const page = await searchSpace(c.var.core, c.var.caller.userId, c.req.valid("param").id, criteria);
  return c.json(serializeWidePage(page), 200);
});

/** A page of a search over many conversations as v1 shows it. */
function serializeWidePage(page: FoundPage): z.infer<typeof WideSearchPage> {
  const { items, nextBefore, searchedTo, unreachable } = page;
  return {
    ...{ items: items.map(serializeMessage), next_before: nextBefore },
    ...{ searched_to: searchedTo, unreachable },
  };
}

const pageRoute = callerRoutes("Messages", weighs("page"));

const attachmentsRoute = pageRoute("get", "/v1/conversations/{id}/attachments", {
  operationId: "listAttachments",
  summary: "Pictures, files, sounds and links of a conversation",
  description:
    "The messages that have one, newest first, those of threads too. Polls, merged and revoked messages have none. Continue with `before=next_before` until that is null.",
  request: { params: ConversationParams, query: AttachmentsQuery },
  responses: {
    200: jsonAnswer("A page", AttachmentsPage),
    ...problems("validation_failed", "not_found"),
  },
});

export const attachments = v1Router().openapi(attachmentsRoute, async (c) => {
  const { type, before, limit } = c.req.valid("query");
  const { items, hasMore } = await c.var.core.conversations.attachments(c.req.valid("param").id, {
    ...{ userId: c.var.caller.userId, type, limit },
    ...(before !== undefined && { before }),
  });
  const nextBefore = hasMore ? (items.at(-1)?.seq ?? null) : null;
  return c.json({ items: items.map(serializeMessage), next_before: nextBefore }, 200);
});

/** The parameters of a search as its criteria; those of its page stay as they are. */
function criteriaOf<Page extends object>(
  query: Page & Omit<z.infer<typeof WideSearchQuery>, "before" | "limit">,
) {
  const { q, match, sender_id: senderId, kind, since, until, ...page } = query;
  const criteria: SearchCriteria = {
    ...{ text: q, matchesWords: match === "words", senderId, since, until },
    ...(kind !== undefined && storedKind(kind)),
  };
  return { ...page, ...criteria };
}

/** A poll is stored as a text, and a notice of a backend as a system message. */
function storedKind(kind: MessageKind): { kind: Kind; isPoll: boolean } {
  if (kind === "poll") return { kind: "text", isPoll: true };
  return { kind: kind === "system" ? "tip" : kind, isPoll: false };
}
