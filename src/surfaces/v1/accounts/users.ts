import { z } from "@hono/zod-openapi";
import { getUser, usersWithIds, usersWithNames } from "../../../core/accounts/users.ts";
import { knownPeople } from "../../../core/contacts/people.ts";
import type { Person } from "../../../domain/accounts/person.ts";
import type {
  User as DomainUser,
  UserWithRelation as DomainUserWithRelation,
} from "../../../domain/accounts/user.ts";
import { Relation } from "../../../domain/contacts/relation.ts";
import { SenderId, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { Bot, Limit, QueryText, UserIdParam } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer } from "../route.ts";
import { v1Router } from "../router.ts";

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
export const Users = z.object({ items: z.array(UserWithRelation) }).openapi("Users");

const LISTED_IDS = /^\d{1,16}(,\d{1,16})*$/;

/** Ids of users, separated by commas. A repeated id counts once. */
const UserIds = z
  .string()
  .regex(LISTED_IDS, "must be ids of users, separated by commas")
  .transform((text) => [...new Set(text.split(",").map(Number))])
  .pipe(z.array(UserId).max(LIMITS.page, `must name at most ${LIMITS.page} users`))
  .openapi({ type: "string", pattern: LISTED_IDS.source, example: "100000,100001" });

const PeopleQuery = z.object({
  q: QueryText.pipe(z.string().max(LIMITS.query)).default("").openapi({
    description: "Only people whose nickname or username contains it; absent: all",
  }),
  limit: Limit,
});

const UsersQuery = z
  .object({ username: QueryText.optional(), ids: UserIds.optional() })
  .refine(({ username, ids }) => (username === undefined) !== (ids === undefined), {
    message: "must have either `username` or `ids`",
  });

export const Sender = z
  .object({
    id: SenderId.meta({ description: "0: an incoming hook, which has no account" }),
    ...{ username: z.string(), nickname: z.string(), avatar: z.string(), bot: Bot },
    external_id: z.string().nullable().optional().openapi({
      description: "For a server key: the id that the backend has for the user; null: none",
    }),
    hook: z.object({ id: z.string(), name: z.string() }).optional().openapi({
      description:
        "The incoming hook that has brought the message: another service. Its own name may differ from `nickname`, which the service can choose. Absent: a user, or nobody",
    }),
  })
  .openapi("Sender");

const lightRoute = callerRoutes("Users");
const pageRoute = callerRoutes("Users", weighs("page"));

const getRoute = lightRoute("get", "/v1/users/{id}", {
  operationId: "getUser",
  summary: "The public profile of a user",
  description:
    "With the user's `relation` to you, and their `signature`. A deleted user is `not_found`. Strangers count as for `GET /v1/users`.",
  request: { params: z.object({ id: UserIdParam }) },
  responses: {
    200: jsonAnswer("The user", UserWithRelation),
    ...problems("validation_failed", "not_found"),
  },
});

const findRoute = pageRoute("get", "/v1/users", {
  operationId: "findUsers",
  summary: "Find users by their ids, or a user by username",
  description:
    "Either `ids`, up to 100, separated by commas: the users in this order, each once. Unknown ids are left out; a deleted user is shown as `deleted-<id>`. Or `username`, by exact match: one user, or none. Of users with whom you share nothing you can name 1,000 a day by number; more are `rate_limited`.",
  request: { query: UsersQuery },
  responses: {
    200: jsonAnswer("The users that were found", Users),
    ...problems("validation_failed"),
  },
});

const peopleRoute = pageRoute("get", "/v1/people", {
  operationId: "listPeople",
  summary: "People you know",
  description:
    "Members of the 50 conversations at the top of your list, then your friends: whom to suggest when you begin a conversation or add members. Those of the topmost conversation come first. Of a conversation 50 members are looked at, and 500 friends. Names are compared as people read them: without regard to case, width and accents.",
  request: { query: PeopleQuery },
  responses: {
    200: jsonAnswer("The users that were found", Users),
    ...problems("validation_failed"),
  },
});

export const users = v1Router()
  .openapi(peopleRoute, async (c) => {
    const { q: text, limit } = c.req.valid("query");
    const people = await knownPeople(c.var.core, c.var.caller.userId, { text, limit });
    return c.json({ items: people.map(serializeWithRelation) }, 200);
  })
  .openapi(getRoute, async (c) => {
    const user = await getUser(c.var.core, c.var.caller.userId, c.req.valid("param").id);
    return c.json(serializeWithRelation(user), 200);
  })
  .openapi(findRoute, async (c) => {
    const { core, caller } = c.var;
    const { username = "", ids } = c.req.valid("query");
    const found = ids
      ? await usersWithIds(core, caller.userId, ids)
      : await usersWithNames(core, caller.userId, [username]);
    return c.json({ items: found.map(serializeWithRelation) }, 200);
  });

/** The public profile of a user as v1 shows it. */
export function serializeUser({ online, ...person }: DomainUser): z.infer<typeof User> {
  return { ...serializePerson(person), online };
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
function serializeWithRelation(user: DomainUserWithRelation): z.infer<typeof UserWithRelation> {
  const { relation, signature } = user;
  return { ...serializeUser(user), relation, signature };
}

/** A user who has asked for something, or put something, as v1 shows them with the time. */
export function serializeUserAndTime({ user, createdAt }: { user: DomainUser; createdAt: number }) {
  return { user: serializeUser(user), created_at: createdAt };
}
