import { StoredBody } from "../../../../domain/messages/content.ts";
import { writeMetadata } from "../../../../domain/server/metadata.ts";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { MessageParams } from "../../common.ts";
import { problemBody, problems } from "../../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../../route.ts";
import { v1Router } from "../../router.ts";
import { EditConflict, EditsPage, MessageEdit } from "../../schemas/messages/edits.ts";
import { Message } from "../../schemas/messages/messages.ts";
import { serializeMessage } from "../../serialize/messages/messages.ts";

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
