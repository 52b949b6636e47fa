import { z } from "@hono/zod-openapi";
import { canBePassword, PASSWORD } from "../../../core/accounts/passwords.ts";
import { FriendPolicy, OwnUsername, ProfileFields, Username } from "../../../domain/accounts/user.ts";
import { Admitted } from "../../../domain/contacts/consent.ts";
import { Relation } from "../../../domain/contacts/relation.ts";
import { SessionId, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import {
  BotPolicy,
  DirectPolicy,
  GroupPolicy,
  LookupPolicy,
  ProfilePolicy,
} from "../../../domain/server/policies.ts";
import { Bot, Limit, Metadata, QueryText, Time } from "../common.ts";

const NewPassword = z
  .string()
  .refine(canBePassword, { message: `must be ${PASSWORD.min} to ${PASSWORD.max} characters` })
  .openapi({ minLength: PASSWORD.min, maxLength: PASSWORD.max });

export const Registration = z
  .object({
    username: OwnUsername,
    password: NewPassword,
    email: ProfileFields.shape.email.optional(),
    nickname: ProfileFields.shape.nickname.optional(),
  })
  .openapi("Registration", { example: { username: "ann", password: "correct horse" } });

/** Any password is accepted as input: the answer must not reveal whether it could be valid. */
export const Login = z
  .object({ username: Username, password: z.string() })
  .openapi("Login", { example: { username: "ann", password: "correct horse" } });

/** Any current password is accepted as input: the answer must not reveal whether it could be valid. */
export const PasswordChange = z.object({ current: z.string(), next: NewPassword }).openapi("PasswordChange");

export const AccountDeletion = z
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

export const User = z
  .object({
    id: UserId,
    username: z.string(),
    nickname: z.string(),
    avatar: z.string(),
    bot: Bot,
    online: z.boolean(),
  })
  .openapi("User");

/**
 * A user, what they are to the caller, and what they say of themself: in the answers that look up single
 * users.
 */
export const UserWithRelation = z
  .object({
    ...User.shape,
    relation: Relation.meta({
      description:
        "What the user is to you. `requested`: you have asked them for friendship; `requested_by`: they have asked you; `blocked`: you block them",
    }),
    signature: z.string().meta({
      description: "What the user says of themself. Empty: nothing, or one of you blocks the other",
    }),
  })
  .openapi("UserWithRelation");

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
    bots: BotPolicy.meta({ description: "`server`: the user makes no bots" }),
    lookup: LookupPolicy.meta({
      description:
        "Whom the user may look up by name or id. `shared`: with whom they share something; `off`: nobody",
    }),
  })
  .openapi("Policies");

/** Users of other APIs may have a longer username than v1 registers, so the public shape comes last. */
export const Me = z
  .object({ ...Profile.shape, ...User.shape, metadata: Metadata, policies: ShownPolicies })
  .openapi("Me");

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
export const Users = z.object({ items: z.array(UserWithRelation) }).openapi("Users");

const LISTED_IDS = /^\d{1,16}(,\d{1,16})*$/;

/** Ids of users, separated by commas. A repeated id counts once. */
const UserIds = z
  .string()
  .regex(LISTED_IDS, "must be ids of users, separated by commas")
  .transform((text) => [...new Set(text.split(",").map(Number))])
  .pipe(z.array(UserId).max(LIMITS.page, `must name at most ${LIMITS.page} users`))
  .openapi({ type: "string", pattern: LISTED_IDS.source, example: "100000,100001" });

export const PeopleQuery = z.object({
  q: QueryText.pipe(z.string().max(LIMITS.query)).default("").openapi({
    description: "Only people whose nickname or username contains it; absent: all",
  }),
  limit: Limit,
});

export const UsersQuery = z
  .object({ username: QueryText.optional(), ids: UserIds.optional() })
  .refine(({ username, ids }) => (username === undefined) !== (ids === undefined), {
    message: "must have either `username` or `ids`",
  });
