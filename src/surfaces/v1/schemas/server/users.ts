import { z } from "@hono/zod-openapi";
import { UserId } from "../../../../domain/ids.ts";
import { LIMITS } from "../../../../domain/limits.ts";
import { StaffRole as Role } from "../../../../domain/moderation/staff.ts";
import { DateUtc } from "../../../../domain/server/server-key.ts";
import { ServerUserFields, UserState as State } from "../../../../domain/server/server-user.ts";
import { ExternalId as External, UserRefText } from "../../../../domain/server/user-ref.ts";
import { ListQuery, Metadata, pageShape, Time } from "../../common.ts";
import { Problem } from "../../problems.ts";

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
export const ServerUserChange = z
  .object({ ...ServerUserFields.shape, metadata: Metadata, role: StaffRole })
  .partial()
  .openapi("ServerUserChange", { example: { nickname: "Ben", metadata: { plan: "pro" } } });

export const ServerUserList = z
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

export const ServerUsersQuery = z.object({
  ...ListQuery.shape,
  state: UserState.optional().openapi({
    description: "Only users in this state; absent: all but the deactivated ones",
  }),
});

export const ServerUserPage = pageShape(ServerUser).openapi("ServerUserPage");
