import { z } from "@hono/zod-openapi";
import type { Core } from "../../../core/context.ts";
import {
  externalIdsOfSenders,
  pageOfAllMessages,
  sendAs,
  sendNotice,
} from "../../../core/server/server-conversations.ts";
import { bodyJson, Content } from "../../../domain/messages/content.ts";
import type { Message as StoredMessage } from "../../../domain/messages/message.ts";
import { writeMetadata } from "../../../domain/server/metadata.ts";
import { Metadata } from "../common.ts";
import { Message, NoticeBody, serializeServerMessage } from "../messages/message.ts";
import { MessagePage, PageQuery } from "../messages/messages.ts";
import {
  ClientMsgId,
  MergedInput,
  NewButtons,
  nameOf,
  PollInput,
  SendFields,
  toDraft,
} from "../messages/new-message.ts";
import { problems } from "../problems.ts";
import { jsonAnswer, jsonBody, serverRoutes } from "../route.ts";
import { v1Router } from "../router.ts";
import { ConversationRefParams, UserRef } from "./conversations.ts";

const [Text, ...Others] = Content.options;

const { send_at: _, ...Options } = SendFields.shape;

const Silent = z.boolean().optional().openapi({
  description: "It counts as unread for nobody. Not with `mentions` or `thread`",
});

/** The fields of a send as a user, besides kind and body. */
const AsUser = {
  as: z.lazy(() => UserRef).openapi({ description: "Who sends it: a member" }),
  ...Options,
  silent: Silent,
};

const NoticeInput = z
  .object({
    as: z.null({ error: "must be null: no user sends a message of the kind system" }),
    kind: z.literal("system"),
    body: NoticeBody,
    client_msg_id: ClientMsgId.optional(),
    metadata: Metadata.optional(),
    silent: Silent.openapi({ description: "It is so anyway" }),
  })
  .openapi(nameOf("system", "Server"), {
    example: { as: null, kind: "system", body: { text: "The lesson begins", event: "lesson.began" } },
  });

const WithButtons = { ...AsUser, buttons: NewButtons };

/** A message of a team's backend: as a user, or by nobody. `kind` selects the body. */
const ServerMessage = z
  .discriminatedUnion("kind", [
    z.object({ ...Text.shape, ...WithButtons }).openapi(nameOf("text", "Server")),
    ...Others.map(({ shape }) =>
      z.object({ ...shape, ...WithButtons }).openapi(nameOf(shape.kind.value, "Server")),
    ),
    z.object({ ...MergedInput.shape, ...AsUser }).openapi(nameOf("merged", "Server")),
    z.object({ ...PollInput.shape, ...WithButtons }).openapi(nameOf("poll", "Server")),
    NoticeInput,
  ])
  .openapi("ServerMessage");

const sendRoute = serverRoutes("messages")("post", "/v1/server/conversations/{cref}/messages", {
  operationId: "sendServerMessage",
  summary: "Send a message as a user, or by nobody",
  description:
    "`as` names the member who sends it, with all that holds for their sends: a mute, a block, a suspension. `as: null` with the kind `system` is a notice by nobody, which counts as unread for nobody. `silent: true` lets any message count so. With a `client_msg_id` the call can be repeated: a repeat answers 200 with the first message.",
  request: { params: ConversationRefParams, body: jsonBody(ServerMessage) },
  responses: {
    200: jsonAnswer("The message that was sent with this client_msg_id", Message),
    201: jsonAnswer("The new message", Message),
    ...problems("forbidden", "suspended", "muted", "slow_mode", "blocked", "not_found", "conflict", "full"),
  },
});

const listRoute = serverRoutes("conversations", "page")("get", "/v1/server/conversations/{cref}/messages", {
  operationId: "listServerMessages",
  summary: "A page of all messages",
  description:
    "As `GET /v1/conversations/{id}/messages`, for a reader who sees all and is no member: of any conversation, a dissolved group too, with the messages that members have hidden. Revoked ones are empty.",
  request: { params: ConversationRefParams, query: PageQuery },
  responses: {
    200: jsonAnswer("A page", MessagePage),
    ...problems("validation_failed", "not_found"),
  },
});

export const serverMessages = v1Router()
  .openapi(sendRoute, async (c) => {
    const { cref } = c.req.valid("param");
    const input = c.req.valid("json");
    const { core } = c.var;
    if (input.kind === "system") {
      const { client_msg_id: clientMsgId, metadata } = input;
      const notice = {
        clientMsgId,
        body: bodyJson(input),
        ...(metadata && { metadata: writeMetadata(metadata) }),
      };
      const { message, isRepeated } = await sendNotice(core, cref, notice);
      return c.json(await answerOf(core, message), isRepeated ? 200 : 201);
    }
    const { as, silent = false } = input;
    const { message, isRepeated } = await sendAs(core, cref, as, toDraft(input), silent);
    return c.json(await answerOf(core, message), isRepeated ? 200 : 201);
  })
  .openapi(listRoute, async (c) => {
    const { threads = "main" as const, ...query } = c.req.valid("query");
    const bounds = { ...query, scope: threads };
    const { core } = c.var;
    const {
      items: found,
      hasMore,
      hasEarlier,
    } = await pageOfAllMessages(core, c.req.valid("param").cref, bounds);
    const externalIds = await externalIdsOfSenders(core, found);
    const items = found.map((message) => serializeServerMessage(message, externalIds));
    return c.json({ items, has_more: hasMore, has_earlier: hasEarlier }, 200);
  });

async function answerOf(core: Core, message: StoredMessage): Promise<z.infer<typeof Message>> {
  return serializeServerMessage(message, await externalIdsOfSenders(core, [message]));
}
