import { z } from "@hono/zod-openapi";
import { Metadata, Time } from "../../common.ts";
import { Problem } from "../../problems.ts";
import { Buttons } from "./buttons.ts";
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
