import { deleteAccount } from "../../../../core/accounts/account-deletion.ts";
import { changePassword } from "../../../../core/accounts/password-change.ts";
import { changeProfile, getMe } from "../../../../core/accounts/users.ts";
import { sumUnread } from "../../../../core/conversations/unread.ts";
import { policiesFor } from "../../../../core/policies.ts";
import { limitedByAddress, weighs } from "../../../../http/access/rate-limit.ts";
import { problems } from "../../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody, ownRoutes } from "../../route.ts";
import { v1Router } from "../../router.ts";
import { AccountDeletion, DeletionQuery, Me, PasswordChange, ProfileChange } from "../../schemas/accounts.ts";
import { Repaired, Unread } from "../../schemas/conversations.ts";
import { serializeUnread } from "../../serialize/conversations.ts";
import { serializeMe } from "../../serialize/users.ts";

const accountRoute = callerRoutes("Accounts");
const limitedRoute = ownRoutes("Accounts", limitedByAddress);
const pageRoute = callerRoutes("Conversations", weighs("page"));
const wholeRoute = callerRoutes("Conversations", weighs("whole"));

const me200 = { 200: jsonAnswer("The caller's profile", Me) };

const getRoute = accountRoute("get", "/v1/me", {
  operationId: "getMe",
  summary: "Your profile",
  responses: me200,
});

const patchRoute = accountRoute("patch", "/v1/me", {
  operationId: "changeMe",
  summary: "Change your profile",
  description:
    "Absent fields keep their value, `\"\"` empties a field, null is refused. Another nickname or avatar is `forbidden` where the user's issuer or the team's backend sets them (`policies.profiles` is `server`).",
  request: { body: jsonBody(ProfileChange) },
  responses: { ...me200, ...problems("forbidden", "refused") },
});

const passwordRoute = limitedRoute("post", "/v1/me/password", {
  operationId: "changePassword",
  summary: "Change your password",
  description:
    "Your other sessions end. A wrong current password is `forbidden`. The next one follows the rules of a registration.",
  request: { body: jsonBody(PasswordChange) },
  responses: {
    204: { description: "The password is changed" },
    ...problems("forbidden", "locked"),
  },
});

const deleteRoute = limitedRoute("delete", "/v1/me", {
  operationId: "deleteMe",
  summary: "Delete your account",
  description:
    "Your profile and sessions are deleted with the answer; your messages stay, under a deleted user, or go behind the answer with `messages=erase`. A wrong password is `forbidden`, an absent one `validation_failed`. A user without a password, whom a service or an issuer signs in, needs none; with a role of the deployment they need a session that has it, else it is `forbidden`. While you own a group, it is a `conflict`.",
  request: { query: DeletionQuery, body: jsonBody(AccountDeletion) },
  responses: {
    204: { description: "The account is deleted" },
    ...problems("forbidden", "conflict", "locked"),
  },
});

const repairRoute = wholeRoute("post", "/v1/me/repair", {
  operationId: "repairMe",
  summary: "Rebuild your list of conversations",
  description:
    "For a list or unread counts that look wrong: every entry is read anew from its conversation. Once a minute. A repair of more than 500 conversations, or of more than 20 seconds, goes on in the background: the result counts its first part.",
  responses: {
    200: jsonAnswer("The result", Repaired),
  },
});

const unreadRoute = pageRoute("get", "/v1/me/unread", {
  operationId: "getUnread",
  summary: "How much is unread in all your conversations",
  description: "The sums of `unread_count` over your whole list of conversations.",
  responses: {
    200: jsonAnswer("The sums", Unread),
  },
});

export const me = v1Router()
  .openapi(getRoute, async (c) => {
    const me = await getMe(c.var.core, c.var.caller);
    return c.json(serializeMe(me, policiesFor(c.var.core, me), c.var.core.settings.consent), 200);
  })
  .openapi(patchRoute, async (c) => {
    const { friend_policy, who_may_write, who_may_add, ...fields } = c.req.valid("json");
    const change = {
      ...fields,
      ...(friend_policy && { friendPolicy: friend_policy }),
      ...(who_may_write && { whoMayWrite: who_may_write }),
      ...(who_may_add && { whoMayAdd: who_may_add }),
    };
    const changed = await changeProfile(c.var.core, c.var.caller, change);
    return c.json(serializeMe(changed, policiesFor(c.var.core, changed), c.var.core.settings.consent), 200);
  })
  .openapi(deleteRoute, async (c) => {
    const erases = c.req.valid("query").messages === "erase";
    await deleteAccount(c.var.core, c.var.caller, c.req.valid("json").password, erases);
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
