import {
  changeMembers,
  getServerConversation,
  listConversations,
  putDirect,
  putGroup,
} from "../../../../core/server/server-conversations.ts";
import { serializePage } from "../../common.ts";
import { problems } from "../../problems.ts";
import { jsonAnswer, jsonBody, serverRoutes } from "../../route.ts";
import { v1Router } from "../../router.ts";
import {
  ConversationInput,
  ConversationRefParams,
  MemberResults,
  MembersInput,
  ServerConversation,
  ServerConversationPage,
  ServerConversationsQuery,
} from "../../schemas/server/conversations.ts";
import { serializeMemberResult, serializeServerConversation } from "../../serialize/server-conversations.ts";

const lightRoute = serverRoutes("conversations");
const pageRoute = serverRoutes("conversations", "page");

const putRoute = pageRoute("put", "/v1/server/conversations/{cref}", {
  operationId: "putServerConversation",
  summary: "Make or change a conversation",
  description:
    "`ext:` makes a group if there is none, an `id` only changes. Only given fields change, who is missing of `members` is added, and the same again changes nothing. `ext:` ids of users that nobody has make users. The group is changed in the name of its owner. `kind` `direct` with `members` makes the direct conversation of two users, or gives yours the id that you name: `conflict` if it has another one, or the id is that of others. Of a direct conversation and of a dissolved group `retention_days`, `legal_hold` and `link_previews` alone change: anything else is a 400, or a `conflict`. A banned user is `forbidden`.",
  request: { params: ConversationRefParams, body: jsonBody(ConversationInput) },
  responses: {
    200: jsonAnswer("The conversation, changed or as it was", ServerConversation),
    201: jsonAnswer("The conversation is made", ServerConversation),
    ...problems("forbidden", "not_found", "conflict", "group_full", "full"),
  },
});

const membersRoute = pageRoute("patch", "/v1/server/conversations/{cref}/members", {
  operationId: "changeServerMembers",
  summary: "Add and remove members",
  description:
    "Up to 500 together, each for itself: one that fails has its `problem`, the others are done. `ext:` ids to add that nobody has make users. A `role` also changes that of a member.",
  request: { params: ConversationRefParams, body: jsonBody(MembersInput) },
  responses: {
    200: jsonAnswer("What became of each: those to add first, in the order of the lists", MemberResults),
    ...problems("not_found", "conflict", "full"),
  },
});

const getRoute = lightRoute("get", "/v1/server/conversations/{cref}", {
  operationId: "getServerConversation",
  summary: "A conversation",
  description: "Any: direct conversations and dissolved groups too.",
  request: { params: ConversationRefParams },
  responses: {
    200: jsonAnswer("The conversation", ServerConversation),
    ...problems("validation_failed", "not_found"),
  },
});

const listRoute = pageRoute("get", "/v1/server/conversations", {
  operationId: "listServerConversations",
  summary: "All conversations",
  description: "In the order of their ids, direct conversations and dissolved groups too.",
  request: { query: ServerConversationsQuery },
  responses: {
    200: jsonAnswer("A page of conversations", ServerConversationPage),
    ...problems("validation_failed"),
  },
});

export const serverConversations = v1Router()
  .openapi(listRoute, async (c) => {
    const { external_id: externalId, ...page } = c.req.valid("query");
    const found = await listConversations(c.var.core, { ...page, externalId });
    return c.json(serializePage(found, serializeServerConversation), 200);
  })
  .openapi(getRoute, async (c) => {
    const conversation = await getServerConversation(c.var.core, c.req.valid("param").cref);
    return c.json(serializeServerConversation(conversation), 200);
  })
  .openapi(putRoute, async (c) => {
    const { cref } = c.req.valid("param");
    const body = c.req.valid("json");
    const { retention_days: retentionDays, legal_hold: legalHold, link_previews: linkPreviews } = body;
    const common = { retentionDays, legalHold, linkPreviews };
    if (body.kind === "direct") {
      const direct = { members: body.members, ...common };
      const { conversation, created } = await putDirect(c.var.core, c.var.key.id, cref, direct);
      return c.json(serializeServerConversation(conversation), created ? 201 : 200);
    }
    const {
      join_policy: joinPolicy,
      history,
      leave: mayLeave,
      slow_mode_s: slowModeS,
      name,
      avatar,
      owner,
      members,
      metadata,
    } = body;
    const { conversation, created } = await putGroup(c.var.core, c.var.key.id, cref, {
      ...{ name, avatar, owner, members, metadata, joinPolicy, mayLeave, slowModeS, ...common },
      ...(history !== undefined && { history: history === "all" }),
    });
    return c.json(serializeServerConversation(conversation), created ? 201 : 200);
  })
  .openapi(membersRoute, async (c) => {
    const { add, remove } = c.req.valid("json");
    const { cref } = c.req.valid("param");
    const outcomes = await changeMembers(c.var.core, c.var.key.id, cref, { add, remove });
    const refs = [...add.map(({ ref }) => ref), ...remove];
    const items = refs.flatMap((ref, i) => {
      const outcome = outcomes[i];
      return outcome ? [serializeMemberResult(ref, outcome)] : [];
    });
    return c.json({ items }, 200);
  });
