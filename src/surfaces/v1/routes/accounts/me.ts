import { createRoute } from "@hono/zod-openapi";
import { deleteAccount } from "../../../../core/accounts/account-deletion.ts";
import { changePassword } from "../../../../core/accounts/password-change.ts";
import { changeProfile, getMe } from "../../../../core/accounts/users.ts";
import { sumUnread } from "../../../../core/conversations/unread.ts";
import { limitedByAddress, weighs } from "../../../../http/access/rate-limit.ts";
import { authenticated } from "../../auth.ts";
import { v1Body } from "../../body.ts";
import { v1Router } from "../../router.ts";
import { AccountDeletion, Me, PasswordChange, ProfileChange } from "../../schemas/accounts.ts";
import { problems } from "../../schemas/common.ts";
import { Repaired, Unread } from "../../schemas/conversations.ts";
import { serializeUnread } from "../../serialize/conversations.ts";
import { serializeMe } from "../../serialize/users.ts";

const me200 = {
  200: { description: "The caller's profile", content: { "application/json": { schema: Me } } },
};

const getRoute = createRoute({
  method: "get",
  path: "/v1/me",
  operationId: "getMe",
  tags: ["Accounts"],
  summary: "Your profile",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  responses: { ...me200, ...problems("unauthenticated") },
});

const patchRoute = createRoute({
  method: "patch",
  path: "/v1/me",
  operationId: "changeMe",
  tags: ["Accounts"],
  summary: "Change your profile",
  description: 'Absent fields keep their value, `""` empties a field, null is refused.',
  security: [{ bearer: [] }],
  middleware: [authenticated, v1Body] as const,
  request: { body: { required: true, content: { "application/json": { schema: ProfileChange } } } },
  responses: { ...me200, ...problems("validation_failed", "unauthenticated", "too_large") },
});

const passwordRoute = createRoute({
  method: "post",
  path: "/v1/me/password",
  operationId: "changePassword",
  tags: ["Accounts"],
  summary: "Change your password",
  description:
    "Your other sessions end. A wrong current password is `forbidden`. The next one follows the rules of a registration.",
  security: [{ bearer: [] }],
  middleware: [authenticated, limitedByAddress, v1Body] as const,
  request: { body: { required: true, content: { "application/json": { schema: PasswordChange } } } },
  responses: {
    204: { description: "The password is changed" },
    ...problems("validation_failed", "unauthenticated", "forbidden", "too_large", "rate_limited", "locked"),
  },
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/v1/me",
  operationId: "deleteMe",
  tags: ["Accounts"],
  summary: "Delete your account",
  description:
    "Your profile and sessions are deleted; your messages stay, under a deleted user. A wrong password is `forbidden`, an absent one `validation_failed`. A user without a password, whom a service signs in over usersig, needs none. While you own a group, it is a `conflict`.",
  security: [{ bearer: [] }],
  middleware: [authenticated, limitedByAddress, v1Body] as const,
  request: { body: { required: true, content: { "application/json": { schema: AccountDeletion } } } },
  responses: {
    204: { description: "The account is deleted" },
    ...problems(
      ...(["validation_failed", "unauthenticated", "forbidden", "conflict"] as const),
      ...(["too_large", "rate_limited", "locked"] as const),
    ),
  },
});

const repairRoute = createRoute({
  method: "post",
  path: "/v1/me/repair",
  operationId: "repairMe",
  tags: ["Conversations"],
  summary: "Rebuild your list of conversations",
  description:
    "For a list or unread counts that look wrong: every entry is read anew from its conversation. Once a minute. A repair of more than 500 conversations, or of more than 20 seconds, goes on in the background: the result counts its first part.",
  security: [{ bearer: [] }],
  middleware: [authenticated, weighs("whole")] as const,
  responses: {
    200: { description: "The result", content: { "application/json": { schema: Repaired } } },
    ...problems("unauthenticated", "rate_limited"),
  },
});

const unreadRoute = createRoute({
  method: "get",
  path: "/v1/me/unread",
  operationId: "getUnread",
  tags: ["Conversations"],
  summary: "How much is unread in all your conversations",
  description: "The sums of `unread_count` over your whole list of conversations.",
  security: [{ bearer: [] }],
  middleware: [authenticated, weighs("page")] as const,
  responses: {
    200: { description: "The sums", content: { "application/json": { schema: Unread } } },
    ...problems("unauthenticated"),
  },
});

export const me = v1Router()
  .openapi(getRoute, async (c) => {
    const me = await getMe(c.var.core, c.var.caller);
    return c.json(serializeMe(me), 200);
  })
  .openapi(patchRoute, async (c) => {
    const { friend_policy, ...fields } = c.req.valid("json");
    const change = { ...fields, ...(friend_policy && { friendPolicy: friend_policy }) };
    const changed = await changeProfile(c.var.core, c.var.caller, change);
    return c.json(serializeMe(changed), 200);
  })
  .openapi(deleteRoute, async (c) => {
    await deleteAccount(c.var.core, c.var.caller, c.req.valid("json").password);
    return c.body(null, 204);
  })
  .openapi(passwordRoute, async (c) => {
    await changePassword(c.var.core, c.var.caller, c.req.valid("json"));
    return c.body(null, 204);
  })
  .openapi(repairRoute, async (c) => c.json(await c.var.core.inboxes.repair(c.var.caller.userId), 200))
  .openapi(unreadRoute, async (c) =>
    c.json(serializeUnread(await sumUnread(c.var.core, c.var.caller.userId)), 200),
  );
