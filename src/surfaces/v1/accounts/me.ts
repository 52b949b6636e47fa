import { z } from "@hono/zod-openapi";
import { deleteAccount } from "../../../core/accounts/account-deletion.ts";
import { changePassword } from "../../../core/accounts/passwords.ts";
import { changeProfile, getMe } from "../../../core/accounts/users.ts";
import type { Core } from "../../../core/context.ts";
import { sumUnread, type UnreadTotal, type UnreadTotals } from "../../../core/conversations/unread.ts";
import { policiesFor } from "../../../core/policies.ts";
import { FriendPolicy, type OwnProfile, ProfileFields } from "../../../domain/accounts/user.ts";
import { Admitted, type DefaultConsent } from "../../../domain/contacts/consent.ts";
import { SpaceId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import {
  BotPolicy,
  DirectPolicy,
  GroupPolicy,
  LookupPolicy,
  ProfilePolicy,
  SpacePolicy,
} from "../../../domain/server/policies.ts";
import { limitedByAddress, weighs } from "../../../http/access/rate-limit.ts";
import { Metadata } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody, ownRoutes } from "../route.ts";
import { v1Router } from "../router.ts";
import { NewPassword } from "./accounts.ts";
import { serializeUser, User } from "./users.ts";

/** Any current password is accepted as input: the answer must not reveal whether it could be valid. */
const PasswordChange = z.object({ current: z.string(), next: NewPassword }).openapi("PasswordChange");

const AccountDeletion = z
  .object({
    password: z.string().optional().openapi({ description: "Required of a user who has one; else ignored" }),
  })
  .openapi("AccountDeletion");

/** What becomes of the messages of a user whose account is deleted. */
export const DeletionQuery = z.object({
  messages: z.enum(["keep", "erase"]).default("keep").openapi({
    description:
      "`keep`: the messages stay, under a deleted user. `erase`: every message of the user is revoked, with files that nobody else shows",
  }),
});

/** The profile fields that v1 shows. Other APIs show more. */
const ShownFields = ProfileFields.pick({
  ...{ nickname: true, avatar: true, email: true, gender: true, birthday: true },
  ...{ location: true, language: true, signature: true },
});
const Profile = z.object({
  ...ShownFields.shape,
  friend_policy: FriendPolicy,
  who_may_write: Admitted.meta({
    description:
      "Who may begin a direct conversation with you without a message request. `contacts`: friends, and members of a group of yours of at most 100",
  }),
  who_may_add: Admitted.meta({ description: "The same for adding you to a group" }),
});

/** What the user may do by themself on this server: for apps that hide what is `forbidden`. */
const ShownPolicies = z
  .object({
    profiles: ProfilePolicy.meta({
      description: "`server`: nickname and avatar are not the user's to change",
    }),
    direct: DirectPolicy.meta({
      description:
        "With whom the user may begin a direct conversation. `shared`: friends, and members of the same conversation; `server`: nobody",
    }),
    groups: GroupPolicy.meta({ description: "`server`: the user creates no groups" }),
    spaces: SpacePolicy.meta({ description: "`server`, `off`: the user makes no spaces" }),
    space_directory: z.boolean().meta({
      description: "Whether there is a directory of spaces that anybody may join",
    }),
    bots: BotPolicy.meta({ description: "`server`: the user makes no bots" }),
    lookup: LookupPolicy.meta({
      description:
        "Whom the user may look up by name or id. `shared`: with whom they share something; `off`: nobody",
    }),
  })
  .openapi("Policies");

/** Users of other APIs may have a longer username than v1 registers, so the public shape comes last. */
const Me = z
  .object({ ...Profile.shape, ...User.shape, metadata: Metadata, policies: ShownPolicies })
  .openapi("Me");

/** Absent = unchanged, `""` = emptied, null is refused. */
const ProfileChange = Profile.partial().openapi("ProfileChange");

const Repaired = z
  .object({
    repaired: z.int().openapi({ description: "Conversations that were read anew", example: 12 }),
    unreachable: z
      .int()
      .openapi({ description: "Conversations that did not answer: their entries are unchanged" }),
  })
  .openapi("Repaired", { example: { repaired: 12, unreachable: 0 } });

const totals = {
  unread_count: z.int().openapi({ description: "Unread messages", example: 12 }),
  conversation_count: z.int().openapi({ description: "Conversations with unread messages", example: 3 }),
};

export const Unread = z
  .object({
    ...totals,
    audible: z.object(totals).openapi({ description: "The same without `silent` conversations" }),
    spaces: z
      .array(
        z.object({
          space_id: SpaceId,
          unread_count: z
            .int()
            .openapi({ description: "Unread messages, without `silent` channels", example: 7 }),
          mention_count: z.int().openapi({ description: "Unread mentions of you, or of all", example: 1 }),
        }),
      )
      .openapi({ description: "The spaces in which something is unread in channels that you follow" }),
    friend_request_count: z.int().openapi({
      description: `Requests for friendship to you: ${LIMITS.countedRequests} stands for as many or more`,
      maximum: LIMITS.countedRequests,
      example: 1,
    }),
  })
  .openapi("Unread");

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
    return c.json(serializeMe(me, shownPolicies(c.var.core, me), c.var.core.settings.consent), 200);
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
    return c.json(serializeMe(changed, shownPolicies(c.var.core, changed), c.var.core.settings.consent), 200);
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

function shownPolicies(core: Core, me: OwnProfile): z.infer<typeof ShownPolicies> {
  return { ...policiesFor(core, me), space_directory: core.settings.spacesDirectory };
}

/** The profile of a user as v1 shows it to themselves, with what they may do. */
function serializeMe(
  me: OwnProfile,
  policies: z.infer<typeof ShownPolicies>,
  consent: DefaultConsent,
): z.infer<typeof Me> {
  const { email, gender, birthday, location, language, signature, friendPolicy, metadata } = me;
  return {
    ...serializeUser(me),
    email,
    gender,
    birthday,
    location,
    language,
    signature,
    friend_policy: friendPolicy,
    who_may_write: me.whoMayWrite ?? consent.whoMayWrite,
    who_may_add: me.whoMayAdd ?? consent.whoMayAdd,
    metadata,
    policies,
  };
}

/** The sums over a user's list as v1 shows them. */
function serializeUnread({ all, audible, spaces, friendRequestCount }: UnreadTotals): z.infer<typeof Unread> {
  return {
    ...totalOf(all),
    audible: totalOf(audible),
    spaces: spaces.map(({ spaceId, unreadCount, mentionCount }) => ({
      ...{ space_id: spaceId, unread_count: unreadCount, mention_count: mentionCount },
    })),
    friend_request_count: friendRequestCount,
  };
}

function totalOf({ unreadCount, conversationCount }: UnreadTotal) {
  return { unread_count: unreadCount, conversation_count: conversationCount };
}
