import { type Context, Hono } from "hono";
import { z } from "zod";
import { canBePassword, PASSWORD } from "../../../core/accounts/password-rules.ts";
import { login, register, type SignedIn } from "../../../core/accounts/registration.ts";
import { logout } from "../../../core/accounts/sessions.ts";
import { changeProfile, getMe, profilesByName, usersWithNames } from "../../../core/accounts/users.ts";
import { blockByName, listBlockedNames, unblockByName } from "../../../core/contacts/blocks.ts";
import type { Core } from "../../../core/context.ts";
import { type MeWithEmail, OwnUsername, ProfileFields } from "../../../domain/accounts/user.ts";
import type { UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { deviceOf } from "../../../http/access/device.ts";
import { limitedByAddress, weighs } from "../../../http/access/rate-limit.ts";
import { issueToken } from "../../../http/access/token.ts";
import type { AppEnv } from "../../../http/env.ts";
import { bodyFields, checked } from "../../../http/fields.ts";
import { authenticated, canIssueTokens } from "../auth.ts";
import { BODY } from "../body.ts";
import { orConstant } from "../constants.ts";
import { succeed } from "../envelope.ts";
import { UNKNOWN_CODES } from "../errors.ts";
import { userID } from "../ids.ts";

/** `/register` */
const Registration = z.object({
  email: ProfileFields.shape.email.regex(/^[^\s@]+@[^\s@]+$/u, "must be an e-mail address"),
  username: OwnUsername,
  password: z.string().refine(canBePassword, `must be ${PASSWORD.min} to ${PASSWORD.max} characters`),
});

/** `/login`. Any password is accepted as input: the answer must not reveal whether it could be valid. */
const Login = z.object({
  username: z.string().min(1, "must not be empty"),
  password: z.string().min(1, "must not be empty"),
});

const userIDs = z
  .array(userID)
  .min(1, "must not be empty")
  .max(LIMITS.page, `must be ${LIMITS.page} at most`);

/** The users of a call: a list under the document's name or the SDK's name. `name` is the one in errors. */
const userIDsAs = (name: "user_id" | "userIDList") =>
  z
    .object({ user_id: userIDs.optional(), userIDList: userIDs.optional() })
    .transform(({ user_id, userIDList }, context) => {
      const values = userIDList ?? user_id;
      if (values) return values;
      context.addIssue({ code: "custom", path: [name], message: "must be there" });
      return z.NEVER;
    });

/** The users of `getUserProfile`, a call of the document. */
const ProfileUsers = userIDsAs("user_id");
/** The users of a call of the blacklist, which only the SDK describes. */
const UserIDs = userIDsAs("userIDList");
/** The users of `unsubscribeUserStatus`; none: all. */
const OptionalUserIDs = z.object({ userIDList: z.array(userID).max(LIMITS.page).optional() });

const { shape } = ProfileFields;

/** A text, or a number, which is stored as text. */
function text<Schema extends z.ZodType<string, string>>(schema: Schema) {
  return z
    .union([z.string(), z.number().transform(String)], { error: "must be a string or a number" })
    .pipe(schema);
}

/** The values of a gender; `""` counts as unknown. */
const GENDERS = ["Gender_Type_Unknown", "Gender_Type_Female", "Gender_Type_Male"] as const;

/** This API's names of friend policies. */
const ALLOW_TYPES = {
  allow: "AllowType_Type_AllowAny",
  approve: "AllowType_Type_NeedConfirm",
  deny: "AllowType_Type_DenyAny",
} as const;

const allowType = orConstant(
  z
    .literal(["", ...Object.values(ALLOW_TYPES)], {
      error: `must be one of ${Object.values(ALLOW_TYPES).join(", ")}`,
    })
    .transform((type) => policies[type]),
);
const policies = {
  /** the policy of a new account */
  "": "approve",
  AllowType_Type_AllowAny: "allow",
  AllowType_Type_NeedConfirm: "approve",
  AllowType_Type_DenyAny: "deny",
} as const;

/** The fields of a profile that can be changed. */
const fields = z
  .object({
    nick: text(shape.nickname),
    avatar: shape.avatar,
    gender: orConstant(z.literal(["", ...GENDERS], { error: `must be one of ${GENDERS.join(", ")}` })),
    selfSignature: text(shape.signature),
    allowType,
    birthday: text(shape.birthday),
    location: text(shape.location),
    language: text(shape.language),
    messageSettings: text(shape.messageSettings),
    adminForbidType: text(shape.adminForbidType),
    level: text(shape.level),
    role: text(shape.role),
    profileCustomField: shape.details,
  })
  .partial();

/** `/user/updateMyProfile`. Absent fields keep their value. */
const ProfileChange = fields
  .refine(
    (values) => Object.values(values).some((value) => value !== undefined),
    "must name a field of a profile",
  )
  .transform(({ nick, selfSignature, allowType, profileCustomField, ...same }) => ({
    ...same,
    ...{
      nickname: nick,
      signature: selfSignature,
      friendPolicy: allowType,
      details: profileCustomField,
    },
  }));

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

const [UNKNOWN] = GENDERS;

/** A profile. The e-mail address is included if `profile` has it, which only the user's own does. */
export function serializeProfile(profile: MeWithEmail) {
  const { username, email, nickname, avatar, gender, signature, friendPolicy, birthday } = profile;
  const { location, language, messageSettings, adminForbidType, level, role, details } = profile;
  return {
    ...{ userID: username, username, ...(email !== undefined && { email }), nick: nickname, avatar },
    // Other APIs accept any word as a gender.
    gender: GENDERS.find((known) => known === gender) ?? UNKNOWN,
    ...{ selfSignature: signature, allowType: ALLOW_TYPES[friendPolicy], birthday, location, language },
    ...{ messageSettings, adminForbidType, level, role, profileCustomField: details },
    lastUpdatedTime: Math.floor(Math.max(profile.updatedAt, profile.createdAt) / 1_000),
  };
}

/** The SDK's numbers of what a user's devices are. */
const [ONLINE, OFFLINE] = [1, 2];

/** Whether users are online. */
function serializeStatuses({ found, unknown }: Statuses) {
  return {
    successUserList: found.map(({ username, online }) => ({
      ...{ userID: username, statusType: online ? ONLINE : OFFLINE, customStatus: "" },
    })),
    failureUserList: serializeUnknown(unknown),
  };
}

/** The names that no user has. */
function serializeUnknown(names: string[]) {
  return names.map((userID) => ({
    ...{ userID, code: UNKNOWN_CODES.user, message: "There is no such user." },
  }));
}

/** Whether users are online, as far as the caller is shown it, and the names that no user has. */
interface Statuses {
  found: { username: string; online: boolean }[];
  unknown: string[];
}

/**
 * Whether these users are online: one query for any number. Who is neither a friend of the caller nor has
 * written with them is offline to them, as everywhere.
 * @throws `forbidden` as `requireMayLookUp`
 */
async function statusesByName(core: Core, caller: UserId, usernames: string[]): Promise<Statuses> {
  const users = await usersWithNames(core, caller, usernames);
  const names = new Set(users.map(({ username }) => username));
  return {
    found: users.map(({ username, online }) => ({ username, online })),
    unknown: [...new Set(usernames)].filter((name) => !names.has(name)),
  };
}
