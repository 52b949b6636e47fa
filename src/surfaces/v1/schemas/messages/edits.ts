import { z } from "@hono/zod-openapi";
import { Time } from "../common.ts";
import { Problem } from "../problems.ts";
import { AnyBody, Mentions, Message } from "./messages.ts";

/** What a body must be depends on the kind of the message, which its conversation knows. */
const EditedBody = AnyBody.openapi({
  type: "object",
  additionalProperties: true,
  description: "The whole new body, of the shape that belongs to the message's `kind`",
  example: { text: "hello" },
});

export const MessageEdit = z
  .object({
    body: EditedBody,
    mentions: Mentions.optional().openapi({ description: "Absent: they stay as they are", example: [] }),
    base_version: z
      .int()
      .positive()
      .openapi({ description: "The `version` that you have edited", example: 1 }),
  })
  .openapi("MessageEdit");

const { errors: _, muted_until: __, ...ProblemFields } = Problem.shape;

export const EditConflict = z
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
