import { z } from "@hono/zod-openapi";
import {
  decide,
  pageOfHeldMessages,
  pageOfOwnHeldMessages,
  withdrawHeld,
} from "../../../core/moderation/held-messages.ts";
import { ConversationId, IncomingHookId, Seq, UserId } from "../../../domain/ids.ts";
import { StoredBody } from "../../../domain/messages/content.ts";
import {
  type HeldMessage as DomainHeldMessage,
  HeldMessageId,
  HeldState,
} from "../../../domain/moderation/held-message.ts";
import { RuleId } from "../../../domain/moderation/rules/rule.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { ListQuery, pageShape, Time } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";
import { reasonOf, staffRoute } from "./staff.ts";

const HeldMessage = z
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

const HeldMessagePage = pageShape(HeldMessage).openapi("HeldMessagePage");

/** The same as its sender is shown it: not by which rule. */
const OwnHeldMessage = z
  .object({
    ...HeldMessage.pick({ id: true, conversation_id: true, client_msg_id: true, kind: true, body: true })
      .shape,
    state: HeldState.exclude(["accepted"]).openapi({ description: "`refused`: it will not be sent" }),
    created_at: Time,
  })
  .openapi("OwnHeldMessage");

const OwnHeldMessagePage = pageShape(OwnHeldMessage).openapi("OwnHeldMessagePage");

const HeldMessagesQuery = ListQuery.extend({ state: HeldState.default("waiting") });

const HeldMessageParams = z.object({
  id: z.coerce.number().pipe(HeldMessageId).openapi({ type: "integer", minimum: 1, example: 7 }),
});

const HeldDecision = z
  .object({ decision: z.enum(["accept", "refuse"]) })
  .openapi("HeldDecision", { example: { decision: "accept" } });

const listRoute = staffRoute("get", "/v1/moderation/held", {
  operationId: "listHeldMessages",
  summary: "Messages that rules hold back or have flagged, the newest first",
  description: "Without the caller's own. The audit log has that they were read.",
  request: { query: HeldMessagesQuery },
  responses: { 200: jsonAnswer("A page", HeldMessagePage), ...problems("validation_failed") },
});

const decideRoute = staffRoute("patch", "/v1/moderation/held/{id}", {
  operationId: "decideHeldMessage",
  summary: "Accept or refuse a message that a rule has found",
  description:
    "Accepted, a message that was held is sent in the name of its sender, with its `client_msg_id`. Refused, one that was stored is revoked. A repeat does what is left. A message of the caller, or of a user of the same or a higher role, is `forbidden`. The header `Parley-Reason` may say why, percent-encoded.",
  request: { params: HeldMessageParams, body: jsonBody(HeldDecision) },
  responses: {
    200: jsonAnswer("The message", HeldMessage),
    ...problems("forbidden", "not_found", "conflict"),
  },
});

const ownRoute = callerRoutes("Messages", weighs("page"))("get", "/v1/held", {
  operationId: "listOwnHeldMessages",
  summary: "Your messages that wait for a moderator, or were refused by one",
  description:
    "The newest first; refused ones of the last 30 days. One that is accepted is a message of its conversation, with its `client_msg_id`.",
  request: { query: ListQuery },
  responses: { 200: jsonAnswer("A page", OwnHeldMessagePage), ...problems("validation_failed") },
});

const withdrawRoute = callerRoutes("Messages")("delete", "/v1/held/{id}", {
  operationId: "withdrawHeldMessage",
  summary: "Take back a message of yours that waits for a moderator",
  description:
    "It will not be sent, and no moderator sees it any more. A repeat is no error. Once a moderator has decided it is a `conflict`: accepted, it is a message of its conversation, which you may revoke.",
  request: { params: HeldMessageParams },
  responses: {
    204: { description: "No message of yours waits under this id" },
    ...problems("validation_failed", "conflict"),
  },
});

export const heldMessages = v1Router()
  .openapi(ownRoute, async (c) => {
    const page = await pageOfOwnHeldMessages(c.var.core, c.var.caller.userId, c.req.valid("query"));
    return c.json({ items: page.items.map(serializeOwnHeldMessage), next_cursor: page.nextCursor }, 200);
  })
  .openapi(withdrawRoute, async (c) => {
    await withdrawHeld(c.var.core, c.var.caller.userId, c.req.valid("param").id);
    return c.body(null, 204);
  })
  .openapi(listRoute, async (c) => {
    const query = c.req.valid("query");
    const { items, nextCursor } = await pageOfHeldMessages(c.var.core, c.var.staff, query);
    return c.json({ items: items.map(serializeHeldMessage), next_cursor: nextCursor }, 200);
  })
  .openapi(decideRoute, async (c) => {
    const { decision } = c.req.valid("json");
    const { id } = c.req.valid("param");
    const state = decision === "accept" ? "accepted" : "refused";
    const held = await decide(c.var.core, c.var.staff, id, state, reasonOf(c.req));
    return c.json(serializeHeldMessage(held), 200);
  });

/** A message that a rule has found. */
function serializeHeldMessage(held: DomainHeldMessage): z.infer<typeof HeldMessage> {
  const { id, conversationId, senderId, draft, rules, isStored, state, createdAt, edits, hook } = held;
  return {
    ...{ id, conversation_id: conversationId, sender_id: senderId, client_msg_id: draft.clientMsgId },
    ...{ kind: draft.kind, body: StoredBody.parse(JSON.parse(draft.body)) },
    ...{ rules, stored: isStored, state, created_at: createdAt },
    ...(edits && { edits }),
    ...(hook && { hook }),
  };
}

/** The same as its sender is shown it. */
function serializeOwnHeldMessage(held: DomainHeldMessage): z.infer<typeof OwnHeldMessage> {
  const {
    sender_id: _sender,
    rules: _rules,
    stored: _stored,
    edits: _,
    hook: _hook,
    ...shown
  } = serializeHeldMessage(held);
  return { ...shown, state: held.state === "waiting" ? "waiting" : "refused" };
}
