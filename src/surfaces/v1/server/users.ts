import { z } from "@hono/zod-openapi";
import {
  getServerUser,
  listUsers,
  type UpsertOutcome,
  upsertUser,
  upsertUsers,
} from "../../../core/server/server-users.ts";
import { UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { StaffRole as Role } from "../../../domain/moderation/staff.ts";
import { DateUtc } from "../../../domain/server/server-key.ts";
import {
  type ServerUser as DomainServerUser,
  ServerUserFields,
  UserState as State,
} from "../../../domain/server/server-user.ts";
import { ExternalId as External, UserRefText } from "../../../domain/server/user-ref.ts";
import { shownTime } from "../../../lib/stored-time.ts";
import { ListQuery, Metadata, pageShape, Time } from "../common.ts";
import { Problem, problemBody, problems } from "../problems.ts";
import { jsonAnswer, jsonBody, serverRoutes } from "../route.ts";
import { v1Router } from "../router.ts";

/** A user in a path. */
const UserRefParam = UserRefText.clone().openapi({
  type: "string",
  example: "ext:u-1001",
  description: "The user: their `id`, or `ext:` and your own id of them, percent-encoded",
});

export const UserRefParams = z.object({ ref: UserRefParam });

const ExternalId = External.clone().openapi({
  description: "Your own id of the user",
  // The generator would write the flags of the expression into the pattern.
  pattern: String.raw`^\P{Cc}+$`,
  example: "u-1001",
});
const UserState = State.clone().openapi({
  description: "`suspended`: may not sign in; `deactivated`: the account is deleted",
});

const StaffRole = Role.clone().openapi({
  description:
    "What the user may do for the deployment: `moderator` acts on reports, users and messages, `admin` on moderators too, `auditor` reads. A key sets it with the scope `moderate` alone",
});

const Suspension = z
  .object({
    until: Time.nullable().openapi({ description: "When it ends by itself; null: never" }),
    reason: z.string().openapi({ description: "For you: the user is not shown it" }),
    shadow: z
      .boolean()
      .openapi({ description: "The user may sign in and send, and nobody else sees what they send" }),
  })
  .openapi("Suspension");

export const ServerUser = z
  .object({
    id: UserId,
    external_id: ExternalId.nullable().openapi({ description: "Your own id of the user; null: none" }),
    username: z.string(),
    nickname: z.string(),
    avatar: z.string(),
    email: z.string(),
    metadata: Metadata,
    bot: z.boolean().openapi({ description: "A program, and no person" }),
    role: StaffRole,
    state: UserState,
    suspension: z
      .union([z.lazy(() => Suspension), z.null()])
      .openapi({ description: "null: the user is not suspended. With `shadow` the state is `active`" }),
    has_password: z.boolean().openapi({ description: "The user signs in with a password" }),
    created_at: Time,
    last_seen_on: DateUtc.nullable().openapi({
      description: "The date, in UTC, on which a session of the user was last used; null: never, or long ago",
    }),
  })
  .openapi("ServerUser", { description: "A user as the team's backend sees them" });

/** Absent = unchanged, or empty where the user is new. */
const ServerUserChange = z
  .object({ ...ServerUserFields.shape, metadata: Metadata, role: StaffRole })
  .partial()
  .openapi("ServerUserChange", { example: { nickname: "Ben", metadata: { plan: "pro" } } });

const ServerUserList = z
  .object({
    items: z
      .array(
        z
          .object({ external_id: ExternalId, ...ServerUserChange.shape })
          .openapi("ListedUser", { example: { external_id: "u-1001", nickname: "Ben" } }),
      )
      .min(1)
      .max(LIMITS.page, `must name at most ${LIMITS.page} users`)
      .superRefine((items, context) => {
        const seen = new Set<string>();
        for (const [at, { external_id: id }] of items.entries()) {
          if (seen.has(id))
            context.addIssue({
              code: "custom",
              path: [at, "external_id"],
              message: "must not be in the list twice",
            });
          seen.add(id);
        }
      }),
  })
  .openapi("ServerUserList");

export const ServerUserResults = z
  .object({
    items: z.array(
      z
        .object({
          external_id: ExternalId,
          id: UserId.nullable().openapi({ description: "null: the user could not be made or changed" }),
          result: z.enum(["created", "updated", "unchanged", "failed"]),
          problem: z
            .lazy(() => Problem)
            .optional()
            .openapi({ description: "With `failed`: why" }),
        })
        .openapi("ServerUserResult"),
    ),
  })
  .openapi("ServerUserResults");

const ServerUsersQuery = z.object({
  ...ListQuery.shape,
  state: UserState.optional().openapi({
    description: "Only users in this state; absent: all but the deactivated ones",
  }),
});

export const ServerUserPage = pageShape(ServerUser).openapi("ServerUserPage");

const userRoute = serverRoutes("users");
const pageRoute = serverRoutes("users", "page");

const putRoute = userRoute("put", "/v1/server/users/{ref}", {
  operationId: "putServerUser",
  summary: "Make or change a user",
  description:
    "A user without a password: `ext:` makes one if there is none, an `id` only changes. Only given fields change, and the same again changes nothing. Without `username` a new user gets one that tells nothing of your id. A username that is taken, was somebody's, or looks like another user's is a `conflict`; a user with a password is `forbidden`. To set, change or remove a `role` the key needs the scope `moderate` too, else it is `forbidden`, and nothing changes; a bot that a user has made gets none.",
  request: { params: UserRefParams, body: jsonBody(ServerUserChange) },
  responses: {
    200: jsonAnswer("The user, changed or as they were", ServerUser),
    201: jsonAnswer("The user is made", ServerUser),
    ...problems("not_found", "conflict"),
  },
});

const getRoute = userRoute("get", "/v1/server/users/{ref}", {
  operationId: "getServerUser",
  summary: "A user",
  description: "A deleted account has no external id any more: its `id` finds it as `deactivated`.",
  request: { params: UserRefParams },
  responses: {
    200: jsonAnswer("The user", ServerUser),
    ...problems("validation_failed", "not_found"),
  },
});

const listRoute = pageRoute("get", "/v1/server/users", {
  operationId: "listServerUsers",
  summary: "All users",
  description: "In the order of their ids, those with a password too.",
  request: { query: ServerUsersQuery },
  responses: { 200: jsonAnswer("A page of users", ServerUserPage), ...problems("validation_failed") },
});

const batchRoute = pageRoute("post", "/v1/server/users", {
  operationId: "putServerUsers",
  summary: "Make and change up to 100 users",
  description:
    "Each as `PUT /v1/server/users/{ref}`, for itself: one that fails has its `problem`, the others are done. An input that is not valid refuses the whole list.",
  request: { body: jsonBody(ServerUserList) },
  responses: { 200: jsonAnswer("What became of each, in the order of the list", ServerUserResults) },
});

export const serverUsers = v1Router()
  .openapi(listRoute, async (c) => {
    const { items, nextCursor } = await listUsers(c.var.core, c.req.valid("query"));
    return c.json({ items: items.map(serializeServerUser), next_cursor: nextCursor }, 200);
  })
  .openapi(batchRoute, async (c) => {
    const list = c.req.valid("json").items.map(({ external_id: externalId, ...change }) => ({
      externalId,
      change,
    }));
    const outcomes = await upsertUsers(c.var.core, c.var.key, list);
    return c.json({ items: outcomes.map(serializeUpsert) }, 200);
  })
  .openapi(getRoute, async (c) => {
    const user = await getServerUser(c.var.core, c.req.valid("param").ref);
    return c.json(serializeServerUser(user), 200);
  })
  .openapi(putRoute, async (c) => {
    const { ref } = c.req.valid("param");
    const { user, result } = await upsertUser(c.var.core, c.var.key, ref, c.req.valid("json"));
    return c.json(serializeServerUser(user), result === "created" ? 201 : 200);
  });

/** A user as v1 shows them to the team's backend. */
export function serializeServerUser(user: DomainServerUser): z.infer<typeof ServerUser> {
  const { id, username, nickname, avatar, email, metadata, bot, role, state, suspension } = user;
  return {
    id,
    external_id: user.externalId,
    ...{ username, nickname, avatar, email, metadata, bot, role, state, suspension },
    has_password: user.hasPassword,
    created_at: shownTime(user.createdAt),
    last_seen_on: user.lastSeenOn,
  };
}

/** What became of a user of a list. */
function serializeUpsert(outcome: UpsertOutcome): z.infer<typeof ServerUserResults>["items"][number] {
  const { externalId: external_id, result } = outcome;
  return outcome.result === "failed"
    ? { external_id, id: null, result, problem: problemBody(outcome.problem) }
    : { external_id, id: outcome.user.id, result };
}
