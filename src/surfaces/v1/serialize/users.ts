import type { z } from "@hono/zod-openapi";
import type { OwnProfile, User, UserWithRelation } from "../../../domain/accounts/user.ts";
import type { Policies } from "../../../domain/server/policies.ts";
import type {
  Me as MeShape,
  User as UserShape,
  UserWithRelation as UserWithRelationShape,
} from "../schemas/accounts.ts";

/** The public profile of a user as v1 shows it. */
export function serializeUser({ id, username, nickname, avatar, online }: User): z.infer<typeof UserShape> {
  return { id, username, nickname, avatar, online };
}

/** The same, with what the user is to the caller, and what they say of themself. */
export function serializeWithRelation(user: UserWithRelation): z.infer<typeof UserWithRelationShape> {
  const { relation, signature } = user;
  return { ...serializeUser(user), relation, signature };
}

/** The profile of a user as v1 shows it to themselves, with what they may do. */
export function serializeMe(me: OwnProfile, policies: Policies): z.infer<typeof MeShape> {
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
    metadata,
    policies,
  };
}

/** A user who has asked for something, or put something, as v1 shows them with the time. */
export function serializeUserAndTime({ user, createdAt }: { user: User; createdAt: number }) {
  return { user: serializeUser(user), created_at: createdAt };
}
