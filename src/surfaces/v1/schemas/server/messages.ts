import { z } from "@hono/zod-openapi";
import { Content } from "../../../../domain/messages/content.ts";
import { Metadata } from "../../common.ts";
import { NoticeBody } from "../../messages/message.ts";
import {
  ClientMsgId,
  MergedInput,
  NewButtons,
  nameOf,
  PollInput,
  SendFields,
} from "../../messages/new-message.ts";
import { UserRef } from "./conversations.ts";

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
export const ServerMessage = z
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
export type ServerMessage = z.infer<typeof ServerMessage>;
