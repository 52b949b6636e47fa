import { z } from "@hono/zod-openapi";
import { StoredBody } from "../../../domain/messages/content.ts";
import { writeMetadata } from "../../../domain/server/metadata.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { MessageParams, Metadata, Time } from "../common.ts";
import { Problem, problemBody, problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";
import { Buttons } from "./buttons.ts";
import { AnyBody, Message, serializeMessage } from "./message.ts";
import { Mentions } from "./new-message.ts";

/** What a body must be depends on the kind of the message, which its conversation knows. */
const EditedBody = AnyBody.openapi({
  type: "object",
  additionalProperties: true,
  description: "The whole new body, of the shape that belongs to the message's `kind`",
  example: { text: "hello" },
});

const MessageEdit = z
  .object({
    body: EditedBody.optional(),
    mentions: Mentions.optional().openapi({ description: "Absent: they stay as they are", example: [] }),
    base_version: z
      .int()
      .positive()
      .optional()
      .openapi({ description: "With `body`: the `version` that you have edited", example: 1 }),
    metadata: Metadata.optional().openapi({
      description: "Replaces what is kept with the message. It has no versions, and no time ends it",
    }),
    buttons: Buttons.nullable().optional().openapi({
      description: "Of a bot's message: replaces its buttons, null takes them. They have no versions",
    }),
  })
  .superRefine(({ body, mentions, base_version, metadata, buttons }, context) => {
    const issue = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    const hasOthers = metadata !== undefined || buttons !== undefined;
    if (body === undefined && (!hasOthers || mentions !== undefined))
      issue("body", "must be given, unless only `metadata` or `buttons` change");
    if (body !== undefined && base_version === undefined) issue("base_version", "must be given with `body`");
  })
  .openapi("MessageEdit");

const { errors: _, muted_until: __, ...ProblemFields } = Problem.shape;

const EditConflict = z
  .object({ ...ProblemFields, code: z.literal("conflict"), message: Message })
  .openapi("EditConflict", {
    description: "A failure (RFC 9457): the message has another version by now, and `message` is what it is",
  });

export const EditsPage = z
  .object({
    items: z.array(
      z
        .object({
          version: z.int().positive(),
          body: AnyBody,
          mentions: Mentions,
          edited_at: Time.openapi({
            description:
              "When the message became so, in milliseconds since 1970; of version 1, when it was sent",
          }),
        })
        .openapi("FormerVersion"),
    ),
  })
  .openapi("EditsPage");

const lightRoute = callerRoutes("Messages");
const pageRoute = callerRoutes("Messages", weighs("page"));

const editRoute = lightRoute("patch", "/v1/conversations/{id}/messages/{seq}", {
  operationId: "editMessage",
  summary: "Edit your message",
  description:
    "Gives a `text` other words, an image, audio, video or file another `name` or `caption`, a `custom` another body. Send the whole `body`; its other fields must stay as they are. " +
    "The same content again changes nothing and answers 200, so the call can be repeated. " +
    "400 with the path `path.seq`: it is a forward, `merged`, a `poll`, a `location`, a `face`, a `tip` or revoked, which nobody can edit. " +
    "`metadata` alone changes that of any message of yours, at any time, and makes no version, and so do `buttons`, which only a bot puts below its messages. " +
    "409 `conflict`: the message has another version than `base_version`; `message` is the message as it is now. " +
    "403 `too_late`: the time in which this server lets messages be edited is over.",
  request: { params: MessageParams, body: jsonBody(MessageEdit) },
  responses: {
    200: jsonAnswer("The message", Message),
    409: {
      description: "`conflict`: Conflict",
      content: { "application/problem+json": { schema: EditConflict } },
    },
    ...problems("forbidden", "muted", "blocked", "refused", "too_late", "not_found", "full"),
  },
});

const editsRoute = pageRoute("get", "/v1/conversations/{id}/messages/{seq}/edits", {
  operationId: "listEdits",
  summary: "What a message said before",
  description:
    "The newest 20 former versions of an edited message, newest first. A revoke empties the list. In a tim group of the kinds ChatRoom and AVChatRoom only the owner and the admins see it.",
  request: { params: MessageParams },
  responses: {
    200: jsonAnswer("The former versions", EditsPage),
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

const CONFLICT = {
  ok: false,
  code: "conflict",
  detail: "The message was edited meanwhile: look at it as it is now, in `message`, and edit that.",
} as const;

export const edits = v1Router()
  .openapi(editRoute, async (c) => {
    const { id, seq } = c.req.valid("param");
    const { body, mentions, base_version: baseVersion, metadata, buttons } = c.req.valid("json");
    const { type, message } = await c.var.core.conversations.editMessage(id, {
      ...{ userId: c.var.caller.userId, seq },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(baseVersion !== undefined && { baseVersion }),
      ...(metadata !== undefined && { metadata: writeMetadata(metadata) }),
      ...(mentions !== undefined && { mentions }),
      ...(buttons !== undefined && { buttons }),
    });
    const shown = serializeMessage(message);
    if (type !== "conflict") return c.json(shown, 200);
    const conflict = { ...problemBody(CONFLICT), code: CONFLICT.code, message: shown };
    return c.json(conflict, 409, { "Content-Type": "application/problem+json" });
  })
  .openapi(editsRoute, async (c) => {
    const { id, seq } = c.req.valid("param");
    const versions = await c.var.core.conversations.formerVersions(id, { userId: c.var.caller.userId, seq });
    const items = versions.map(({ version, body, mentions, editedAt }) => ({
      ...{ version, mentions, edited_at: editedAt },
      body: StoredBody.parse(JSON.parse(body)),
    }));
    return c.json({ items }, 200);
  });
