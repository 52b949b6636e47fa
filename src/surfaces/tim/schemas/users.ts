import { z } from "zod";
import { canBePassword, PASSWORD } from "../../../core/accounts/passwords.ts";
import { OwnUsername, ProfileFields } from "../../../domain/accounts/user.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { userID } from "../ids.ts";
import { orConstant } from "./constants.ts";

/** `/register` */
export const Registration = z.object({
  email: ProfileFields.shape.email.regex(/^[^\s@]+@[^\s@]+$/u, "must be an e-mail address"),
  username: OwnUsername,
  password: z.string().refine(canBePassword, `must be ${PASSWORD.min} to ${PASSWORD.max} characters`),
});

/** `/login`. Any password is accepted as input: the answer must not reveal whether it could be valid. */
export const Login = z.object({
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
export const ProfileUsers = userIDsAs("user_id");
/** The users of a call of the blacklist, which only the SDK describes. */
export const UserIDs = userIDsAs("userIDList");
/** The users of `unsubscribeUserStatus`; none: all. */
export const OptionalUserIDs = z.object({ userIDList: z.array(userID).max(LIMITS.page).optional() });

const { shape } = ProfileFields;

/** A text, or a number, which is stored as text. */
function text<Schema extends z.ZodType<string, string>>(schema: Schema) {
  return z
    .union([z.string(), z.number().transform(String)], { error: "must be a string or a number" })
    .pipe(schema);
}

/** The values of a gender; `""` counts as unknown. */
export const GENDERS = ["Gender_Type_Unknown", "Gender_Type_Female", "Gender_Type_Male"] as const;

/** This API's names of friend policies. */
export const ALLOW_TYPES = {
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
export const ProfileChange = fields
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
