import { z } from "@hono/zod-openapi";
import { ConversationId, IncomingHookId, Seq, UserId } from "../../../../domain/ids.ts";
import { HeldMessageId, HeldState } from "../../../../domain/moderation/held-message.ts";
import { RuleId } from "../../../../domain/moderation/rules/rule.ts";
import { ListQuery, pageShape, Time } from "../../common.ts";

export const HeldMessage = z
  .object({
    id: HeldMessageId,
    conversation_id: ConversationId,
    sender_id: UserId,
    client_msg_id: z.string(),
    kind: z.string(),
    body: z.record(z.string(), z.unknown()),
    rules: z.array(RuleId).openapi({ description: "The rules that it matches" }),
    stored: z
      .boolean()
      .openapi({ description: "true: a rule has flagged it, and it was stored all the same" }),
    edits: Seq.optional().openapi({
      description: "It is an edit of that message, and `body` what the message says since",
    }),
    hook: z.object({ id: IncomingHookId, name: z.string() }).optional().openapi({
      description: "It was posted to that hook, whose maker is `sender_id`",
    }),
    state: HeldState,
    created_at: Time,
  })
  .openapi("HeldMessage");

export const HeldMessagePage = pageShape(HeldMessage).openapi("HeldMessagePage");

/** The same as its sender is shown it: not by which rule. */
export const OwnHeldMessage = z
  .object({
    ...HeldMessage.pick({ id: true, conversation_id: true, client_msg_id: true, kind: true, body: true })
      .shape,
    state: HeldState.exclude(["accepted"]).openapi({ description: "`refused`: it will not be sent" }),
    created_at: Time,
  })
  .openapi("OwnHeldMessage");

export const OwnHeldMessagePage = pageShape(OwnHeldMessage).openapi("OwnHeldMessagePage");

export const HeldMessagesQuery = ListQuery.extend({ state: HeldState.default("waiting") });

export const HeldMessageParams = z.object({
  id: z.coerce.number().pipe(HeldMessageId).openapi({ type: "integer", minimum: 1, example: 7 }),
});

export const HeldDecision = z
  .object({ decision: z.enum(["accept", "refuse"]) })
  .openapi("HeldDecision", { example: { decision: "accept" } });
