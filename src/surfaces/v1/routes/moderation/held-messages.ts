import {
  decide,
  pageOfHeldMessages,
  pageOfOwnHeldMessages,
} from "../../../../core/moderation/held-messages.ts";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { ListQuery } from "../../common.ts";
import { problems } from "../../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../../route.ts";
import { v1Router } from "../../router.ts";
import {
  HeldDecision,
  HeldMessage,
  HeldMessagePage,
  HeldMessageParams,
  HeldMessagesQuery,
  OwnHeldMessagePage,
} from "../../schemas/moderation/held-messages.ts";
import { serializeHeldMessage, serializeOwnHeldMessage } from "../../serialize/moderation.ts";
import { reasonOf, staffRoute } from "../../staff.ts";

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
    "Of the last 30 days, the newest first. One that is accepted is a message of its conversation, with its `client_msg_id`.",
  request: { query: ListQuery },
  responses: { 200: jsonAnswer("A page", OwnHeldMessagePage), ...problems("validation_failed") },
});

export const heldMessages = v1Router()
  .openapi(ownRoute, async (c) => {
    const page = await pageOfOwnHeldMessages(c.var.core, c.var.caller.userId, c.req.valid("query"));
    return c.json({ items: page.items.map(serializeOwnHeldMessage), next_cursor: page.nextCursor }, 200);
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
