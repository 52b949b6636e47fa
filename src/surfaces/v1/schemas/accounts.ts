import { z } from "@hono/zod-openapi";
import { SessionId, UserId } from "../../../core/ids.ts";
import { codePoints } from "../../../core/text.ts";
import { FriendPolicy, ProfileFields, Username } from "../../../core/users.ts";
import { QueryText, Time } from "./common.ts";

const PASSWORD = { min: 8, max: 128 };

/** What v1 takes of the usernames there can be: 2–32 letters of any script, digits, `_ . -`. */
const NewUsername = z
  .string()
  .normalize("NFC")
  .regex(/^[\p{L}\p{M}\p{Nd}_.-]{2,32}$/u, "must be 2 to 32 letters, digits or any of _ . -")
  // Said by hand: the generator writes the flag of a pattern into the pattern.
  .openapi({ pattern: "^[\\p{L}\\p{M}\\p{Nd}_.-]{2,32}$" });

const NewPassword = z
  .string()
  .refine(
    (text) => {
      const length = codePoints(text);
      return length >= PASSWORD.min && length <= PASSWORD.max;
    },
    { message: `must be ${PASSWORD.min} to ${PASSWORD.max} characters` },
  )
  .openapi({ minLength: PASSWORD.min, maxLength: PASSWORD.max });

export const Registration = z
  .object({
    username: NewUsername,
    password: NewPassword,
    email: ProfileFields.shape.email.optional(),
    nickname: ProfileFields.shape.nickname.optional(),
  })
  .openapi("Registration", { example: { username: "ann", password: "correct horse" } });

/** Any password may be tried: whether it can be one is not for the caller to learn. */
export const Login = z
  .object({ username: Username, password: z.string() })
  .openapi("Login", { example: { username: "ann", password: "correct horse" } });

/** The current one may be any: whether it can be one is not for the caller to learn. */
export const PasswordChange = z.object({ current: z.string(), next: NewPassword }).openapi("PasswordChange");

export const AccountDeletion = z.object({ password: z.string() }).openapi("AccountDeletion");

export const User = z
  .object({
    id: UserId,
    username: z.string(),
    nickname: z.string(),
    avatar: z.string(),
    online: z.boolean(),
  })
  .openapi("User");

const { friendPolicy: _, ...profile } = ProfileFields.shape;
const Profile = z.object({ ...profile, friend_policy: FriendPolicy });

export const Me = z.object({ ...User.shape, ...Profile.shape }).openapi("Me");

/** Absent = unchanged, `""` = emptied, null is refused. */
export const ProfileChange = Profile.partial().openapi("ProfileChange");

export const SignedIn = z.object({ token: z.string(), expires_at: Time, user: User }).openapi("SignedIn");

export const Session = z
  .object({
    id: SessionId,
    created_at: Time,
    last_seen_at: Time,
    user_agent: z.string(),
    current: z.boolean(),
  })
  .openapi("Session");

export const Sessions = z.object({ items: z.array(Session) }).openapi("Sessions");
export const Users = z.object({ items: z.array(User) }).openapi("Users");
export const UsersQuery = z.object({ username: QueryText });
