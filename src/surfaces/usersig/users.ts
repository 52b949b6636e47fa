import { Hono } from "hono";
import { countFromAddress } from "../../http/access/rate-limit.ts";
import { issueToken, requireSecret } from "../../http/access/token.ts";
import type { AppEnv } from "../../http/env.ts";
import { checked, fieldsOf, queryFields } from "../../http/fields.ts";
import { zonedTime } from "../../lib/time-zone.ts";
import { claimOf, requireRuleKey } from "./auth.ts";
import { succeed } from "./envelope.ts";
import { BODY, Change, Creation, Info, OwnChange, SigRequest } from "./schemas.ts";
import { serializeChatUser, toProfileChange } from "./serialize.ts";
import { changeExtendedProfile, getExtendedProfile, provision } from "./use-cases/provisioning.ts";
import { openSig } from "./use-cases/user-sig.ts";

export const users = new Hono<AppEnv>({ strict: false });

/** 创建用户 */
users.post("/chat/create-chat-user", async (c) => {
  const { user_id, token, ...profileFields } = checked(Creation, await fieldsOf(c.req.raw, BODY));
  const claim = await claimOf(c, { user_id, token });
  if (claim.caller && !claim.hasKey) await countFromAddress(c);
  const { core } = c.var;
  const user = await provision(core, claim, { username: user_id, ...toProfileChange(profileFields) });
  return succeed(c, { chat_user: serializeChatUser(user, core.settings.timeZone) });
});

/** 用户信息 */
users.get("/chat/chat-user-info", async (c) => {
  const { user_id, token } = checked(Info, queryFields(c.req.raw));
  const { core } = c.var;
  const user = await getExtendedProfile(core, await claimOf(c, { user_id, token }), user_id);
  return succeed(c, { chat_user: serializeChatUser(user, core.settings.timeZone) });
});

/** 更改用户信息: with a user_sig always the caller's own profile; with the rule key the profile of `user_id`. */
users.post("/chat/change-chat-user-info", async (c) => {
  const fields = await fieldsOf(c.req.raw, BODY);
  const hasSig = c.req.header("Authorization") !== undefined;
  const { user_id, token, ...profileFields } = hasSig
    ? { user_id: "", token: undefined, ...checked(OwnChange, fields) }
    : checked(Change, fields);
  const claim = await claimOf(c, { user_id, token });
  const { core } = c.var;
  const user = await changeExtendedProfile(core, claim, user_id, toProfileChange(profileFields));
  return succeed(c, { chat_user: serializeChatUser(user, core.settings.timeZone) });
});

/** 获取user_sig */
users.post("/chat/get-user-sig", async (c) => {
  requireSecret(c.env.TOKEN_SECRET);
  const { user_id, token } = checked(SigRequest, await fieldsOf(c.req.raw, BODY));
  await requireRuleKey(c, user_id, token);
  const { core } = c.var;
  const credential = await openSig(core, user_id, c.req.header("User-Agent") ?? "");
  return succeed(c, {
    user_sig: await issueToken(c.env.TOKEN_SECRET, credential, "user_sig"),
    expire_time: zonedTime(credential.expiresAt, core.settings.timeZone),
    expires_in: 300,
  });
});
