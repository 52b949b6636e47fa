import type { z } from "@hono/zod-openapi";
import type { Person } from "../../../domain/accounts/person.ts";
import type { OwnProfile, User, UserWithRelation } from "../../../domain/accounts/user.ts";
import type { DefaultConsent } from "../../../domain/contacts/consent.ts";
import type { Policies } from "../../../domain/server/policies.ts";
import type {
  Me,
  User as UserShape,
  UserWithRelation as UserWithRelationShape,
} from "../schemas/accounts.ts";
import type { Sender } from "../schemas/messages/messages.ts";

/** The public profile of a user as v1 shows it. */
export function serializeUser({ online, ...person }: User): z.infer<typeof UserShape> {
  return { ...serializePerson(person), online };
}

/** A bot as v1 shows it to the user who has made it. */
export function serializeBot(bot: User) {
  return { ...serializeUser(bot), bot: true as const };
}

/** A user as v1 shows them beside a message. */
export function serializePerson({
  id,
  username,
  nickname,
  avatar,
  bot,
  hook,
}: Person): z.infer<typeof Sender> {
  // Most are persons, and V8 stores a field slowly behind a spread.
  if (hook) return { id, username, nickname, avatar, bot: true, hook };
  return bot ? { id, username, nickname, avatar, bot: true } : { id, username, nickname, avatar };
}

/** The same, with what the user is to the caller, and what they say of themself. */
export function serializeWithRelation(user: UserWithRelation): z.infer<typeof UserWithRelationShape> {
  const { relation, signature } = user;
  return { ...serializeUser(user), relation, signature };
}

/** The profile of a user as v1 shows it to themselves, with what they may do. */
export function serializeMe(me: OwnProfile, policies: Policies, consent: DefaultConsent): z.infer<typeof Me> {
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

/** A user who has asked for something, or put something, as v1 shows them with the time. */
export function serializeUserAndTime({ user, createdAt }: { user: User; createdAt: number }) {
  return { user: serializeUser(user), created_at: createdAt };
}
