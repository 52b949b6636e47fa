import { z } from "zod";
import { canBePassword, PASSWORD } from "../../../core/accounts/passwords.ts";
import { OWN_NAME, ProfileFields } from "../../../domain/accounts/user.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { userID } from "../ids.ts";

/** `/register` */
export const Registration = z.object({
  email: ProfileFields.shape.email,
  username: z.string().normalize("NFC").regex(OWN_NAME, "must be 2 to 32 letters, digits or any of _ . -"),
  password: z.string().refine(canBePassword, `must be ${PASSWORD.min} to ${PASSWORD.max} characters`),
});

/** `/login`. Any password may be tried: whether it can be one is not for the caller to learn. */
export const Login = z.object({
  username: z.string().min(1, "must not be empty"),
  password: z.string().min(1, "must not be empty"),
});

const userIDs = z
  .array(userID)
  .min(1, "must not be empty")
  .max(LIMITS.page, `must be ${LIMITS.page} at most`);

/** Whom a call is about: the list goes by the document's name or by the SDK's. */
export const UserIDs = z
  .object({ user_id: userIDs.optional(), userIDList: userIDs.optional() })
  .transform(({ user_id, userIDList }, context) => {
    const given = userIDList ?? user_id;
    if (given) return given;
    context.addIssue({ code: "custom", path: ["userIDList"], message: "must be there" });
    return z.NEVER;
  });

const { shape } = ProfileFields;

/** A text, or a number which is kept as one. */
function text<Schema extends z.ZodType<string, string>>(schema: Schema) {
  return z
    .union([z.string(), z.number().transform(String)], { error: "must be a string or a number" })
    .pipe(schema);
}

/** What a user's gender can be; `""` is as unknown. */
export const GENDERS = ["Gender_Type_Unknown", "Gender_Type_Female", "Gender_Type_Male"] as const;

/** What happens to who asks for friendship, as this API says it. */
export const ALLOW_TYPES = {
  allow: "AllowType_Type_AllowAny",
  approve: "AllowType_Type_NeedConfirm",
  deny: "AllowType_Type_DenyAny",
} as const;

const allowType = z
  .literal(Object.values(ALLOW_TYPES), { error: `must be one of ${Object.values(ALLOW_TYPES).join(", ")}` })
  .transform((type) => policies[type]);
const policies = {
  AllowType_Type_AllowAny: "allow",
  AllowType_Type_NeedConfirm: "approve",
  AllowType_Type_DenyAny: "deny",
} as const;

/** What can be told of a profile. */
const fields = z
  .object({
    nick: text(shape.nickname),
    avatar: shape.avatar,
    gender: z.literal(["", ...GENDERS], { error: `must be one of ${GENDERS.join(", ")}` }),
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

/** `/user/updateMyProfile`: what is absent stays. */
export const ProfileChange = fields
  .refine(
    (given) => Object.values(given).some((value) => value !== undefined),
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
