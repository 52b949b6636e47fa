import { type Context, Hono } from "hono";
import { login, register, type SignedIn } from "../../../core/accounts/registration.ts";
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
import { Login, ProfileChange, ProfileUsers, Registration, UserIDs } from "../schemas/users.ts";
import { serializeProfile } from "../serialize/users.ts";

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
