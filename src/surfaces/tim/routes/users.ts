import { type Context, Hono } from "hono";
import { login, register, type SignedIn } from "../../../core/accounts/registration.ts";
import { logout } from "../../../core/accounts/sessions.ts";
import { changeProfile, getMe, profilesByName } from "../../../core/accounts/users.ts";
import { blockByName, listBlockedNames, unblockByName } from "../../../core/contacts/blocks.ts";
import { deviceOf } from "../../../http/access/device.ts";
import { limitedByAddress, weighs } from "../../../http/access/rate-limit.ts";
import { issueToken } from "../../../http/access/token.ts";
import type { AppEnv } from "../../../http/env.ts";
import { bodyFields, checked } from "../../../http/fields.ts";
import { authenticated, canIssueTokens } from "../auth.ts";
import { succeed } from "../envelope.ts";
import { BODY } from "../schemas/common.ts";
import {
  Login,
  OptionalUserIDs,
  ProfileChange,
  ProfileUsers,
  Registration,
  UserIDs,
} from "../schemas/users.ts";
import { serializeStatuses, serializeUnknown } from "../serialize/contacts/status.ts";
import { serializeProfile } from "../serialize/users.ts";
import { statusesByName } from "../use-cases/contacts/status.ts";

export const users = new Hono<AppEnv>({ strict: false });

/** 注册: creates an account and signs in. */
users.post("/register", canIssueTokens, limitedByAddress, async (c) => {
  const registration = checked(Registration, await bodyFields(c.req.raw, BODY));
  return succeedSignedIn(c, await register(c.var.core, registration, await deviceOf(c, undefined)));
});

/** 登录: signs in by username, or by e-mail address. */
users.post("/login", canIssueTokens, limitedByAddress, async (c) => {
  const credentials = checked(Login, await bodyFields(c.req.raw, BODY));
  const device = await deviceOf(c, c.req.header("token"));
  return succeedSignedIn(c, await login(c.var.core, credentials, device, "username or e-mail"));
});

/** The SDK's `logout`: ends the session of the token. */
users.post("/user/logout", authenticated, async (c) => {
  await bodyFields(c.req.raw, BODY);
  await logout(c.var.core, c.var.caller);
  return succeed(c, {});
});

/** The SDK's `getUserStatus`: whether users are online, as far as the caller is shown it. */
users.post("/user/getUserStatus", authenticated, weighs("page"), async (c) => {
  const names = checked(UserIDs, await bodyFields(c.req.raw, BODY));
  return succeed(c, serializeStatuses(await statusesByName(c.var.core, c.var.caller.userId, names)));
});

/** The SDK's `subscribeUserStatus`: sockets tell of friends and direct peers anyway, and of nobody else. */
users.post("/user/subscribeUserStatus", authenticated, weighs("page"), async (c) => {
  const names = checked(UserIDs, await bodyFields(c.req.raw, BODY));
  const { unknown } = await statusesByName(c.var.core, c.var.caller.userId, names);
  return succeed(c, { failureUserList: serializeUnknown(unknown) });
});

/** The SDK's `unsubscribeUserStatus`: of these users, or of all. It changes nothing. */
users.post("/user/unsubscribeUserStatus", authenticated, async (c) => {
  checked(OptionalUserIDs, await bodyFields(c.req.raw, BODY));
  return succeed(c, { failureUserList: [] });
});

/** The SDK's `getMyProfile`. */
users.post("/user/getMyProfile", authenticated, async (c) => {
  await bodyFields(c.req.raw, BODY);
  return succeed(c, { userinfo: serializeProfile(await getMe(c.var.core, c.var.caller)) });
});

/** The SDK's `getUserProfile`. Unknown users are left out. */
users.post("/user/getUserProfile", authenticated, async (c) => {
  const names = checked(ProfileUsers, await bodyFields(c.req.raw, BODY));
  const profiles = await profilesByName(c.var.core, c.var.caller.userId, names);
  return succeed(
    c,
    profiles.map((profile) => ({ userinfo: serializeProfile(profile) })),
  );
});

/** The SDK's `updateMyProfile`. */
users.post("/user/updateMyProfile", authenticated, async (c) => {
  const change = checked(ProfileChange, await bodyFields(c.req.raw, BODY));
  const profile = await changeProfile(c.var.core, c.var.caller, change);
  return succeed(c, [{ userinfo: serializeProfile(profile) }]);
});

/** The SDK's `getBlacklist`. */
users.post("/user/getBlacklist", authenticated, weighs("page"), async (c) => {
  await bodyFields(c.req.raw, BODY);
  return succeed(c, await listBlockedNames(c.var.core, c.var.caller.userId));
});

/** The SDK's `addToBlacklist`: blocks all users or none. */
users.post("/user/addToBlacklist", authenticated, async (c) => {
  const names = checked(UserIDs, await bodyFields(c.req.raw, BODY));
  return succeed(c, await blockByName(c.var.core, c.var.caller.userId, names));
});

/** The SDK's `removeFromBlacklist`. */
users.post("/user/removeFromBlacklist", authenticated, async (c) => {
  const names = checked(UserIDs, await bodyFields(c.req.raw, BODY));
  return succeed(c, await unblockByName(c.var.core, c.var.caller.userId, names));
});

async function succeedSignedIn(c: Context<AppEnv>, { user, credential }: SignedIn): Promise<Response> {
  const token = await issueToken(c.env.TOKEN_SECRET, credential);
  return succeed(c, { token, userinfo: serializeProfile(user) });
}
